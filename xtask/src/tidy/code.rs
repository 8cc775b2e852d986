//! Rust as the rules need it: what a crate's modules list, import, define and name, and how long things are. Tests are
//! left out, wherever they stand.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Item, Meta, Signature, Token, UseTree};

use super::finding::Finding;
use super::graph::Member;
use super::tree::Tree;

/// A module's names from the crate's root, or a path as it is written.
pub(super) type Path = Vec<String>;

/// A library or a program: the modules that are built from one file.
#[derive(Debug, Default)]
pub(super) struct Crate {
    pub(super) member: String,
    /// The folder of the file it is built from.
    pub(super) folder: String,
    pub(super) modules: BTreeMap<Path, Module>,
}

/// One module, with a file or a body.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) file: String,
    /// The modules it lists, in order.
    pub(super) children: Vec<String>,
    /// The functions it defines.
    pub(super) functions: Vec<Function>,
    /// The names it imports, with their paths.
    pub(super) imports: BTreeMap<String, Path>,
    /// The paths it names, with their lines. Those that begin with `::` begin with an empty name.
    pub(super) paths: Vec<(usize, Path)>,
    /// How many lines its file has; none for a module with a body.
    pub(super) lines: usize,
}

/// A function with a body.
#[derive(Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) line: usize,
    /// From `fn` to the closing brace.
    pub(super) lines: usize,
    /// Whether a path can end in it, rather than in a type's or trait's method.
    pub(super) is_free: bool,
}

/// Reads what the members build, and finds what cannot be read.
pub(super) fn read(tree: &Tree, members: &[Member]) -> (Vec<Crate>, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut crates = Vec::new();
    for member in members {
        for root in &member.roots {
            let folder = root.rsplit_once('/').map_or("", |(folder, _)| folder);
            let mut read = Crate {
                member: member.name.clone(),
                folder: folder.to_owned(),
                modules: BTreeMap::new(),
            };
            read.add(tree, root.clone(), Path::new(), &mut findings);
            crates.push(read);
        }
    }
    (crates, findings)
}

impl Crate {
    /// Whether a module is in the file or the folder of this name; `/` is the whole crate.
    pub(super) fn is_within(&self, module: &Module, home: &str) -> bool {
        let inside = module.file.strip_prefix(&self.folder).unwrap_or_default();
        let rest = inside.trim_start_matches('/').strip_prefix(home);
        home == "/" || rest.is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
    }

    /// Whether a module has a free function of this name.
    pub(super) fn defines(&self, module: &[String], name: &str) -> bool {
        let module = self.modules.get(module);
        let mut functions = module.into_iter().flat_map(|module| &module.functions);
        functions.any(|function| function.is_free && function.name == name)
    }

    fn add(&mut self, tree: &Tree, file: String, path: Path, findings: &mut Vec<Finding>) {
        let text = tree.text(&file).unwrap_or_default();
        let parsed = match syn::parse_file(text) {
            Ok(parsed) => parsed,
            Err(error) => {
                let finding = Finding::new(&file, error.to_string(), "let it compile");
                return findings.push(finding.at(error.span().start().line));
            }
        };
        let mut reader = Reader {
            open: path,
            modules: BTreeMap::new(),
            files: Vec::new(),
            test_lines: 0,
        };
        reader.modules.entry(reader.open.clone()).or_default().lines = text.lines().count();
        reader.visit_file(&parsed);
        if let Some(module) = reader.modules.get_mut(&reader.open) {
            module.lines -= reader.test_lines.min(module.lines);
        }
        for (path, mut module) in reader.modules {
            module.file.clone_from(&file);
            self.modules.insert(path, module);
        }
        for path in reader.files {
            let file = format!("{}/{}.rs", self.folder, path.join("/"));
            self.add(tree, file, path, findings);
        }
    }
}

struct Reader {
    /// The module that is being read.
    open: Path,
    modules: BTreeMap<Path, Module>,
    /// Modules with files of their own.
    files: Vec<Path>,
    test_lines: usize,
}

impl Reader {
    fn module(&mut self) -> &mut Module {
        self.modules.entry(self.open.clone()).or_default()
    }

    fn name(&mut self, line: usize, path: Path) {
        if path.len() > 1 {
            self.module().paths.push((line, path));
        }
    }

    fn import(&mut self, line: usize, before: &[String], tree: &UseTree) {
        let with = |name: &Ident| [before, &[name.to_string()]].concat();
        let (name, alias) = match tree {
            UseTree::Path(tree) => return self.import(line, &with(&tree.ident), &tree.tree),
            UseTree::Group(tree) => {
                let trees = tree.items.iter();
                return trees.for_each(|tree| self.import(line, before, tree));
            }
            UseTree::Glob(_) => return self.module().paths.push((line, before.to_vec())),
            UseTree::Name(tree) => (&tree.ident, &tree.ident),
            UseTree::Rename(tree) => (&tree.ident, &tree.rename),
        };
        let path = if name == "self" {
            before.to_vec()
        } else {
            with(name)
        };
        let alias = path
            .last()
            .filter(|_| alias == "self")
            .cloned()
            .unwrap_or_else(|| alias.to_string());
        self.module().paths.push((line, path.clone()));
        self.module().imports.insert(alias, path);
    }

    /// Macros take tokens, not expressions: paths in them are names with `::` between.
    fn tokens(&mut self, tokens: TokenStream) {
        let (mut line, mut path, mut colons) = (0, Path::new(), 0);
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.name(line, std::mem::take(&mut path));
                        line = name.span().start().line;
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                other => {
                    self.name(line, std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.name(line, path);
    }

    fn function(&mut self, of: &Signature, block: &Block, is_free: bool) {
        let line = of.fn_token.span.start().line;
        let lines = block.brace_token.span.close().end().line + 1 - line;
        let name = of.ident.to_string();
        self.module().functions.push(Function {
            name,
            line,
            lines,
            is_free,
        });
    }

    fn leaves_out(&mut self, attributes: &[Attribute], item: &impl syn::spanned::Spanned) -> bool {
        let mut conditions = attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"));
        let is_test = conditions.any(|attribute| {
            attribute
                .parse_args()
                .is_ok_and(|meta| asks_for_test(&meta))
        });
        if is_test {
            self.test_lines += item.span().end().line + 1 - item.span().start().line;
        }
        is_test
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        if !self.leaves_out(attributes(item), item) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let name = item.ident.to_string();
        self.module().children.push(name.clone());
        self.open.push(name);
        if item.content.is_some() {
            self.module();
            visit::visit_item_mod(self, item);
        } else {
            self.files.push(self.open.clone());
        }
        self.open.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let before = item.leading_colon.as_ref().map(|_| String::new());
        let line = item.use_token.span.start().line;
        self.import(line, before.as_slice(), &item.tree);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.sig, &item.block, true);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.leaves_out(&item.attrs, item) {
            self.function(&item.sig, &item.block, false);
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if let Some(block) = &item.default {
            self.function(&item.sig, block, false);
        }
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let before = path.leading_colon.as_ref().map(|_| String::new());
        let names = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string());
        let first = path.segments.first();
        let line = first.map_or(0, |first| first.ident.span().start().line);
        self.name(line, before.into_iter().chain(names).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, of: &'ast syn::Macro) {
        self.tokens(of.tokens.clone());
        visit::visit_macro(self, of);
    }

    fn visit_meta_list(&mut self, meta: &'ast syn::MetaList) {
        self.tokens(meta.tokens.clone());
        visit::visit_meta_list(self, meta);
    }

    /// Who may see an item says nothing of what the item needs.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

/// Whether what is behind this condition is built for tests only.
fn asks_for_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => {
            let all = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            all.is_ok_and(|conditions| conditions.iter().any(asks_for_test))
        }
        _ => false,
    }
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(syn::ItemConst { attrs, .. })
        | Item::Enum(syn::ItemEnum { attrs, .. })
        | Item::Fn(syn::ItemFn { attrs, .. })
        | Item::Impl(syn::ItemImpl { attrs, .. })
        | Item::Macro(syn::ItemMacro { attrs, .. })
        | Item::Mod(syn::ItemMod { attrs, .. })
        | Item::Static(syn::ItemStatic { attrs, .. })
        | Item::Struct(syn::ItemStruct { attrs, .. })
        | Item::Trait(syn::ItemTrait { attrs, .. })
        | Item::Type(syn::ItemType { attrs, .. })
        | Item::Use(syn::ItemUse { attrs, .. }) => attrs,
        _ => &[],
    }
}
