//! Globs matched in another way, to disagree with: braces are written out first, then every choice is tried.

/// Whether a glob that is known to be one matches all of `name`.
pub(crate) fn matches(glob: &str, name: &str) -> bool {
    let glob: Vec<char> = glob.chars().collect();
    let name: Vec<char> = name.chars().collect();
    written_out(&glob).iter().any(|glob| tried(glob, &name))
}

/// The globs without braces that a glob stands for.
fn written_out(glob: &[char]) -> Vec<Vec<char>> {
    let Some(open) = places(glob).into_iter().find(|at| glob[*at] == '{') else {
        return vec![glob.to_vec()];
    };
    let (mut depth, mut cuts, mut close) = (0, vec![open], 0);
    for at in places(glob).into_iter().filter(|at| *at >= open) {
        match glob[at] {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => cuts.push(at),
            _ => {}
        }
        if depth == 0 {
            close = at;
            break;
        }
    }
    cuts.push(close);
    cuts.windows(2)
        .flat_map(|cut| {
            let middle = &glob[cut[0] + 1..cut[1]];
            written_out(&[&glob[..open], middle, &glob[close + 1..]].concat())
        })
        .collect()
}

/// The places that are neither escaped nor between brackets.
fn places(glob: &[char]) -> Vec<usize> {
    let (mut found, mut at, mut bracket) = (Vec::new(), 0, false);
    while at < glob.len() {
        match glob[at] {
            '\\' => at += 1,
            '[' if !bracket => bracket = true,
            ']' if bracket => bracket = false,
            _ if bracket => {}
            _ => found.push(at),
        }
        at += 1;
    }
    found
}

fn tried(glob: &[char], name: &[char]) -> bool {
    let Some((&first, rest)) = glob.split_first() else {
        return name.is_empty();
    };
    let after = |rest: &[char], taken: bool| taken && tried(rest, &name[1..]);
    match first {
        '*' => (0..=name.len()).any(|taken| tried(rest, &name[taken..])),
        '?' => after(rest, !name.is_empty()),
        '\\' => after(&rest[1..], name.first() == Some(&rest[0])),
        '[' => {
            let (negated, mut set) = match rest.first() {
                Some('!') => (true, &rest[1..]),
                _ => (false, rest),
            };
            let mut within = false;
            while set[0] != ']' {
                let low = character(&mut set);
                let mut high = low;
                if set[0] == '-' && set[1] != ']' {
                    set = &set[1..];
                    high = character(&mut set);
                }
                within |= name.first().is_some_and(|c| low <= *c && *c <= high);
            }
            after(&set[1..], !name.is_empty() && within != negated)
        }
        other => after(rest, name.first() == Some(&other)),
    }
}

/// The next character of a set, which may be escaped.
fn character(set: &mut &[char]) -> char {
    if set[0] == '\\' {
        *set = &set[1..];
    }
    let character = set[0];
    *set = &set[1..];
    character
}
