//! The sources, read as Rust reads them: which file names which, and which words stand in the code.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{Spacing, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{File, Item, ItemUse, UseTree, Visibility};

/// A file of `src/`.
pub(crate) struct Source {
    pub(crate) text: String,
    /// Its module, as a path below the crate.
    module: Vec<String>,
    /// Paths that it names, from its own place on.
    named: Vec<Vec<String>>,
    /// What it hands on under a name: `pub use`.
    handed_on: BTreeMap<String, Vec<String>>,
    /// Its words in order: identifiers and punctuation, without comments, texts and lifetimes.
    pub(crate) words: Vec<String>,
    /// The code of its own, without the tests in it.
    pub(crate) waits: bool,
}

/// Every file by its path below `src/`; test modules beside the code are none of it.
pub(crate) fn sources() -> BTreeMap<String, Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![root.clone()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let name = path.strip_prefix(&root).expect("below").to_string_lossy().replace('\\', "/");
                let text = fs::read_to_string(&path).expect("text");
                sources.insert(name.clone(), Source::read(&name, text));
            }
        }
    }
    sources
}

impl Source {
    pub(crate) fn read(name: &str, text: String) -> Self {
        let mut file = syn::parse_file(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        file.items.retain(|item| !is_test(item));
        let mut module: Vec<String> = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let mut reader = Reader::default();
        reader.visit_file(&file);
        let words = words(&without_tests(&text, &file));
        let waits = words.iter().any(|word| word == "async" || word == "await");
        Self { text, module, named: reader.named, handed_on: reader.handed_on, words, waits }
    }

    /// Whether these words stand in its code one after the other.
    pub(crate) fn says(&self, phrase: &[&str]) -> bool {
        self.words.windows(phrase.len()).any(|window| window == phrase)
    }

    /// The top modules that it names.
    pub(crate) fn floors(&self) -> BTreeSet<String> {
        self.named.iter().filter_map(|path| absolute(&self.module, path)?.first().cloned()).collect()
    }
}

fn is_test(item: &Item) -> bool {
    let attributes = match item {
        Item::Mod(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        _ => return false,
    };
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("test"))
    })
}

/// The text up to the tests that stand at its end.
fn without_tests(text: &str, _: &File) -> String {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned()
}

/// The words of a text that is Rust.
pub(crate) fn words(text: &str) -> Vec<String> {
    fn walk(tokens: TokenStream, words: &mut Vec<String>) {
        let mut lifetime = false;
        for token in tokens {
            match token {
                TokenTree::Group(group) => walk(group.stream(), words),
                TokenTree::Ident(_) if lifetime => lifetime = false,
                TokenTree::Ident(ident) => words.push(ident.to_string()),
                TokenTree::Punct(punct) if punct.as_char() == '\'' => lifetime = punct.spacing() == Spacing::Joint,
                TokenTree::Punct(punct) => words.push(punct.to_string()),
                TokenTree::Literal(_) => {}
            }
        }
    }
    let mut words = Vec::new();
    walk(text.parse().expect("Rust"), &mut words);
    words
}

#[derive(Default)]
struct Reader {
    named: Vec<Vec<String>>,
    handed_on: BTreeMap<String, Vec<String>>,
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let mut paths = Vec::new();
        spread(&item.tree, &mut Vec::new(), &mut paths);
        if matches!(item.vis, Visibility::Inherited) {
            self.named.extend(paths.into_iter().map(|(_, path)| path));
        } else {
            self.handed_on.extend(paths);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.named.push(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        syn::visit::visit_path(self, path);
    }

    // A visibility is no use of what it names.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// A tree of `use` as single paths, each under the name that it brings in.
fn spread(tree: &UseTree, so_far: &mut Vec<String>, paths: &mut Vec<(String, Vec<String>)>) {
    let whole = |so_far: &[String], name: &str| {
        let own = (name != "self").then(|| name.to_owned());
        so_far.iter().cloned().chain(own).collect::<Vec<_>>()
    };
    match tree {
        UseTree::Path(path) => {
            so_far.push(path.ident.to_string());
            spread(&path.tree, so_far, paths);
            so_far.pop();
        }
        UseTree::Name(name) => paths.push((name.ident.to_string(), whole(so_far, &name.ident.to_string()))),
        UseTree::Rename(rename) => paths.push((rename.rename.to_string(), whole(so_far, &rename.ident.to_string()))),
        UseTree::Glob(_) => paths.push(("*".to_owned(), so_far.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| spread(tree, so_far, paths)),
    }
}

/// A path from the crate on, if it is one of ours; `module` is where it is named.
fn absolute(module: &[String], path: &[String]) -> Option<Vec<String>> {
    let supers = path.iter().take_while(|part| *part == "super").count();
    let (base, rest): (&[String], &[String]) = match path.first().map(String::as_str) {
        Some("crate") => (&[], &path[1..]),
        Some("self") => (module, &path[1..]),
        Some("super") => (&module[..module.len().checked_sub(supers)?], &path[supers..]),
        _ => return None,
    };
    Some(base.iter().chain(rest).cloned().collect())
}

/// Which file names which: a name that is handed on belongs to the file that has it.
pub(crate) fn edges(sources: &BTreeMap<String, Source>) -> BTreeMap<&str, BTreeSet<&str>> {
    let modules: BTreeMap<&[String], &str> =
        sources.iter().map(|(name, source)| (source.module.as_slice(), name.as_str())).collect();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, source) in sources.iter().filter(|(name, _)| *name != "lib.rs") {
        for path in &source.named {
            let child = || {
                let below: Vec<String> = source.module.iter().chain(path.first()).cloned().collect();
                modules.contains_key(below.as_slice()).then(|| source.module.iter().chain(path).cloned().collect())
            };
            let Some(whole) = absolute(&source.module, path).or_else(child) else { continue };
            let target = home(sources, &modules, &whole, 0);
            if let Some(target) = target.filter(|target| *target != name && *target != "lib.rs") {
                edges.entry(name).or_default().insert(target);
            }
        }
    }
    edges
}

/// The file in which a path ends.
fn home<'a>(
    sources: &'a BTreeMap<String, Source>,
    modules: &BTreeMap<&[String], &'a str>,
    path: &[String],
    depth: usize,
) -> Option<&'a str> {
    let length = (0..=path.len()).rev().find(|length| modules.contains_key(&path[..*length]))?;
    let file = *modules.get(&path[..length])?;
    let source = &sources[file];
    let handed_on = path.get(length).and_then(|name| source.handed_on.get(name)).filter(|_| depth < 8);
    let further = handed_on.and_then(|to| {
        let whole = absolute(&source.module, to).unwrap_or_else(|| source.module.iter().chain(to).cloned().collect());
        home(sources, modules, &whole, depth + 1)
    });
    further.or(Some(file))
}

/// The files of each circle.
pub(crate) fn circles<'a>(edges: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> Vec<Vec<&'a str>> {
    let reached = |from: &'a str| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
        while let Some(file) = next.pop() {
            next.extend(edges.get(file).into_iter().flatten().copied().filter(|to| reached.insert(*to)));
        }
        reached
    };
    let reach: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|file| (*file, reached(file))).collect();
    let mut circles: Vec<Vec<&str>> = Vec::new();
    for (file, reached) in &reach {
        let back = |other: &&&'a str| reach.get(**other).is_some_and(|back| back.contains(file));
        let circle: Vec<&str> = reached.iter().filter(back).copied().collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}
