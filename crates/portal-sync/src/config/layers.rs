//! The files and variables a configuration is made of, merged in order; every value remembers its
//! layer.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use figment::value::{Dict, Map, Num, Tag, Value};
use figment::{Figment, Metadata, Profile, Provider};
use zeroize::Zeroizing;

use super::environment::Environment;
use super::errors::{ConfigError, Notice};
use super::misplaced::{self, OURS};
use super::place::{Content, KeyPath, Node, Place, Step};
use super::secrecy::{HIDDEN, Secrecy};
use super::substitute::{Folder, Lost, Substitution, unreadable};
use super::yaml;

mod variable;

/// The default files, the second overriding the first.
const DEFAULT_FILES: [&str; 2] = ["app-config.yaml", "app-config.local.yaml"];

/// What every configuration needs, to be shown to whoever has none.
pub(super) const EXAMPLE: &str = "\
catalog:
  providers:
    okta:
      default:
        oktaUrl: https://acme.okta.com
        clientId: ${OKTA_CLIENT_ID}
        keyId: ${OKTA_KEY_ID}
        privateKey: ${OKTA_PRIVATE_KEY}";

/// One file or one variable, reduced to what is ours.
struct Layer {
    name: Place,
    root: Node,
}

impl Provider for Layer {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.name.source().to_owned())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        let root = match value(&self.root, Secrecy::Open) {
            Value::Dict(_, root) => root,
            _ => Dict::new(),
        };
        Ok(Profile::Default.collect(root))
    }
}

/// The tree as figment holds it; it adds the layer to every value. Secrets stay in the tree of the layer.
fn value(node: &Node, secrecy: Secrecy) -> Value {
    match &node.content {
        Content::Null => Value::from(figment::value::Empty::None),
        Content::Bool(value) => Value::from(*value),
        Content::Integer(value) => Value::Num(Tag::Default, Num::from(*value)),
        Content::Float(value) => Value::Num(Tag::Default, Num::from(*value)),
        Content::Text(_) if secrecy.hides() => Value::from(HIDDEN),
        Content::Text(text) => Value::from(text.as_str()),
        Content::List(items) => {
            let items = items.iter().map(|item| value(item, secrecy));
            Value::Array(Tag::Default, items.collect())
        }
        Content::Map(entries) => Value::Dict(
            Tag::Default,
            entries
                .iter()
                .map(|(key, node)| (key.text.clone(), value(node, secrecy.under(&key.text))))
                .collect(),
        ),
    }
}

/// All layers, merged: maps key by key, everything else replaced by the later layer.
pub(super) struct Layers {
    figment: Figment,
    merged: Value,
    layers: Vec<Layer>,
    unresolved: Vec<Lost>,
    exposed: Vec<Notice>,
}

/// Reads the files, and the variables that override them.
///
/// # Errors
///
/// Every file that is missing, unreadable or not YAML, and every `APP_CONFIG_…` variable that
/// cannot be placed.
pub(super) fn read(
    files: &[PathBuf],
    environment: &Environment,
    cwd: &Path,
) -> Result<Layers, Vec<ConfigError>> {
    let (files, mut errors) = chosen(files, cwd);
    let mut layers = Vec::new();
    let mut unresolved = Vec::new();
    let mut exposed = Vec::new();
    for file in &files {
        match layer(file, environment, cwd) {
            Ok((layer, found)) => {
                let Found {
                    lost,
                    misplaced,
                    exposed: by_file,
                } = found;
                errors.extend(misplaced);
                exposed.extend(by_file);
                unresolved.extend(lost.into_iter().map(|lost| (layers.len(), lost)));
                layers.push(layer);
            }
            Err(error) => errors.push(error),
        }
    }
    for (name, text) in environment.with_prefix(variable::PREFIX) {
        match variable::layer(name, text) {
            Some(Ok(layer)) => layers.push(layer),
            Some(Err(error)) => errors.push(error),
            None => {}
        }
    }
    if errors.is_empty() {
        Ok(Layers {
            exposed,
            ..Layers::merge(layers, unresolved)
        })
    } else {
        Err(errors)
    }
}

/// The files to read: those given, or the default ones that exist.
fn chosen(given: &[PathBuf], cwd: &Path) -> (Vec<PathBuf>, Vec<ConfigError>) {
    if !given.is_empty() {
        return (given.to_vec(), Vec::new());
    }
    let files: Vec<PathBuf> = DEFAULT_FILES
        .into_iter()
        .map(PathBuf::from)
        .filter(|f| cwd.join(f).exists())
        .collect();
    let errors = if files.is_empty() {
        let [first, second] = DEFAULT_FILES;
        let message = format!(
            "no configuration: there is neither `{first}` nor `{second}` in the working directory"
        );
        vec![ConfigError::new(message).excerpt(EXAMPLE).fix(format!(
            "write one as above, or name it: `--config {first}`"
        ))]
    } else {
        Vec::new()
    };
    (files, errors)
}

/// What was found in a file besides what it says.
struct Found {
    lost: Vec<Lost>,
    misplaced: Vec<ConfigError>,
    /// The files of secrets that others can open.
    exposed: Vec<Notice>,
}

fn layer(
    file: &Path,
    environment: &Environment,
    cwd: &Path,
) -> Result<(Layer, Found), ConfigError> {
    let shown = file.display().to_string();
    let name = Place::whole(&shown);
    let path = cwd.join(file);
    let text =
        Zeroizing::new(std::fs::read_to_string(&path).map_err(|error| unreadable(&shown, &error))?);
    let root = yaml::parse(&name, text.strip_prefix('\u{feff}').unwrap_or(&text))?;
    if let Some(found) = not_a_map(&root) {
        let error = ConfigError::new(format!("the file is {found}, expected a map"));
        return Err(error
            .at(root.place)
            .excerpt(EXAMPLE)
            .fix("begin it with the keys `catalog` and `portalSync`, as above"));
    }
    let misplaced = misplaced::find(&root);
    let mut substitution = Substitution::new(environment);
    for keys in OURS {
        let secret = KeyPath::of(keys);
        if let Some(node) = root.find(&secret) {
            substitution.notice_exposed(node, &secret, &name, &path);
        }
    }
    let ours = OURS
        .into_iter()
        .filter_map(|keys| ours(&root, keys, &mut substitution, &Folder::of(&path, file)));
    let root = ours.fold(
        Node::new(root.place.clone(), Content::Map(Vec::new())),
        Node::beside,
    );
    let (lost, exposed) = substitution.finish();
    let found = Found {
        lost,
        misplaced,
        exposed,
    };
    Ok((Layer { name, root }, found))
}

/// What a file is that is not a map; an empty one is as good as one without our keys.
fn not_a_map(root: &Node) -> Option<&'static str> {
    match root.content {
        Content::Map(_) | Content::Null => None,
        Content::List(_) => Some("a list"),
        Content::Text(_) => Some("a text"),
        Content::Bool(_) | Content::Integer(_) | Content::Float(_) => Some("a single value"),
    }
}

/// The part of a file under `keys`, its references replaced, still under these keys.
fn ours(
    root: &Node,
    keys: &[&str],
    substitution: &mut Substitution<'_>,
    folder: &Folder,
) -> Option<Node> {
    let mut path = KeyPath::default();
    let mut node = root.clone();
    let mut folder = folder.clone();
    let mut parents = Vec::new();
    for key in keys {
        if let Some((included, its_folder)) = substitution.follow(&node, &path, &folder) {
            (node, folder) = (included, its_folder);
        }
        if !matches!(node.content, Content::Map(_)) {
            // Whatever it is, it replaces the map of an earlier file, and what was ours in there.
            node.content = Content::Null;
            break;
        }
        let (key, value) = node.entry(key)?;
        path = path.key(&key.text);
        parents.push((node.place.clone(), key.clone()));
        node = value.clone();
    }
    if parents.is_empty() {
        return None;
    }
    let found = substitution.resolve(node, &path, &folder);
    Some(
        parents
            .into_iter()
            .rev()
            .fold(found, |inner, (place, key)| {
                Node::new(place, Content::Map(vec![(key, inner)]))
            }),
    )
}

impl Layers {
    fn merge(layers: Vec<Layer>, unresolved: Vec<(usize, Lost)>) -> Self {
        let figment = layers
            .iter()
            .fold(Figment::new(), |figment, layer| figment.merge(layer));
        // No layer's `data` fails, so there is always a root.
        let merged = figment
            .find_value("")
            .unwrap_or_else(|_| Value::from(Dict::new()));
        let unresolved = unresolved
            .into_iter()
            .filter(|(layer, lost)| {
                let later = layers.iter().skip(layer + 1);
                !later
                    .into_iter()
                    .any(|later| replaces(&later.root, &lost.path, lost.may_be_map))
            })
            .map(|(_, lost)| lost)
            .collect();
        Self {
            figment,
            merged,
            layers,
            unresolved,
            exposed: Vec::new(),
        }
    }

    /// The keys of the merged map at `path` in the order in which the configuration names them: those of the first file in
    /// its order, then what each later one adds.
    pub(super) fn keys_in_order(&self, path: &KeyPath) -> Vec<&str> {
        let mut keys: Vec<&str> = Vec::new();
        for layer in &self.layers {
            if replaces(&layer.root, path, true) {
                keys.clear();
            }
            let Some(Content::Map(entries)) = layer.root.find(path).map(|node| &node.content)
            else {
                continue;
            };
            for (key, _) in entries {
                if !keys.contains(&key.text.as_str()) {
                    keys.push(&key.text);
                }
            }
        }
        keys
    }

    /// The merged value at `path`.
    pub(super) fn value(&self, path: &KeyPath) -> Option<&Value> {
        path.steps().iter().try_fold(&self.merged, child)
    }

    /// The value at `path` as its layer has it.
    pub(super) fn node(&self, path: &KeyPath) -> Option<&Node> {
        self.layer(self.value(path)?)?.root.find(path)
    }

    /// Where the key and the value at `path` were written, as far as they were.
    pub(super) fn places(&self, path: &KeyPath) -> Option<(Place, Place)> {
        self.layer(self.value(path)?)?.root.locate(path)
    }

    /// The references that lead nowhere and that nothing overrides.
    pub(super) fn unresolved(&self) -> &[Lost] {
        &self.unresolved
    }

    /// The texts of secrets, as far as they are long enough to tell one from another text.
    pub(super) fn secrets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        for layer in &self.layers {
            secrets(&layer.root, Secrecy::Open, &mut found);
        }
        found
    }

    /// The files of secrets that other users of the machine can open.
    pub(super) fn exposed(&self) -> Vec<Notice> {
        let mut told = HashSet::new();
        let mut exposed = self.exposed.clone();
        exposed.retain(|notice| told.insert(notice.message().to_owned()));
        exposed
    }

    /// The files and variables, the first one first.
    pub(super) fn sources(&self) -> impl Iterator<Item = &str> {
        self.layers.iter().map(|layer| layer.name.source())
    }

    /// The layer that `value` comes from, by the provenance that figment keeps.
    fn layer(&self, value: &Value) -> Option<&Layer> {
        let name = &self.figment.get_metadata(value.tag())?.name;
        self.layers
            .iter()
            .rev()
            .find(|layer| layer.name.source() == name)
    }
}

fn secrets<'a>(node: &'a Node, secrecy: Secrecy, found: &mut Vec<&'a str>) {
    const SHORTEST: usize = 8;
    match &node.content {
        Content::Text(text) => {
            let secrets = secrecy.secrets_of(text).into_iter();
            found.extend(secrets.filter(|secret| secret.len() >= SHORTEST));
        }
        Content::List(items) => items.iter().for_each(|item| secrets(item, secrecy, found)),
        Content::Map(entries) => {
            // The id of a key is none, and may stand beside it.
            let others = entries.iter().filter(|(key, _)| key.text != "kid");
            others.for_each(|(key, value)| secrets(value, secrecy.under(&key.text), found));
        }
        _ => {}
    }
}

/// Whether a later layer puts something else in the place of what an earlier one has at `path`, or of a list or map around
/// it. A map does not replace what is, or may be, a map: the two are merged.
fn replaces(later: &Node, path: &KeyPath, is_map: bool) -> bool {
    let mut node = later;
    for step in path.steps() {
        let (Step::Key(key), Content::Map(_)) = (step, &node.content) else {
            return true;
        };
        let Some(next) = node.get(key) else {
            return false;
        };
        node = next;
    }
    !(is_map && matches!(node.content, Content::Map(_)))
}

fn child<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match (step, value) {
        (Step::Key(key), Value::Dict(_, entries)) => entries.get(key),
        (Step::Index(index), Value::Array(_, items)) => items.get(*index),
        _ => None,
    }
}
