//! Imports go one way, and only `web/` knows of JavaScript.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// Modules that every other one may import, each after those that it may import itself.
const BASICS: [&str; 6] = ["error", "progress", "fast_math", "matrix3", "rng", "device"];

const DRAWING_START: &str = "picture -> image_input";

/// The lines of the drawing of the data flow in `text`, whose lines may begin with `//! `.
fn drawing(text: &str) -> Vec<&str> {
    text.lines()
        .map(|line| line.trim_start_matches("//! "))
        .skip_while(|line| !line.starts_with(DRAWING_START))
        .take_while(|line| !line.starts_with("```"))
        .collect()
}

/// The arrows of the drawing in `src/lib.rs`, from each module to the next.
fn arrows() -> Vec<(String, String)> {
    let text = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let mut arrows = Vec::new();
    for line in drawing(&text) {
        let words: Vec<&str> = line.split(" -> ").collect();
        arrows.extend(
            words
                .windows(2)
                .map(|pair| (pair[0].to_owned(), pair[1].to_owned())),
        );
    }
    arrows
}

/// Whether `module` may import `imported`.
fn may_import(module: &str, imported: &str, arrows: &[(String, String)]) -> bool {
    let basic = |name: &str| BASICS.iter().position(|&basic| basic == name);
    match (basic(module), basic(imported)) {
        (_, _) if module == imported => true,
        (Some(module), Some(imported)) => imported < module,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => arrows
            .iter()
            .any(|(from, to)| to == module && may_import(from, imported, arrows)),
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Each file of src/ with the top-level module that it belongs to.
fn modules() -> Vec<(String, PathBuf, String)> {
    let src = root().join("src");
    rust_files(&src)
        .into_iter()
        .filter(|path| {
            !["src/lib.rs", "src/arithmetic.rs"]
                .iter()
                .any(|root| path.ends_with(root))
        })
        .map(|path| {
            let first = path
                .strip_prefix(&src)
                .unwrap()
                .components()
                .next()
                .unwrap();
            let module = first
                .as_os_str()
                .to_str()
                .unwrap()
                .trim_end_matches(".rs")
                .to_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (module, path, text)
        })
        .collect()
}

/// The modules named by `crate::` in a line of code; none in a comment.
fn imports(line: &str) -> Vec<String> {
    if line.trim_start().starts_with("//") {
        return Vec::new();
    }
    line.split("crate::")
        .skip(1)
        .map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        })
        .collect()
}

#[test]
fn a_module_imports_only_what_the_drawing_lets_it() {
    let arrows = arrows();
    let modules = modules();
    let names: Vec<&str> = modules.iter().map(|(name, ..)| name.as_str()).collect();
    let mut checked = 0;
    for (module, path, text) in &modules {
        let drawn = arrows.iter().any(|(_, to)| to == module);
        assert!(
            drawn || BASICS.contains(&module.as_str()),
            "{module} is not in the drawing"
        );
        for imported in text.lines().flat_map(imports) {
            // `crate::Picture` and the like: names that lib.rs exports.
            if !names.contains(&imported.as_str()) {
                continue;
            }
            assert!(
                may_import(module, &imported, &arrows),
                "{} imports {imported}",
                path.display()
            );
            checked += 1;
        }
    }
    assert!(
        checked > 100,
        "only {checked} imports were found: is this test still reading them?"
    );
}

#[test]
fn the_drawing_has_every_module_and_is_the_readmes() {
    let lib = std::fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    assert!(drawing(&lib).len() > 2);
    assert_eq!(drawing(&readme), drawing(&lib));
    let modules = modules();
    for (_, to) in arrows() {
        let exists = modules.iter().any(|(module, ..)| *module == to);
        assert!(exists || to == "page", "{to} is drawn and does not exist");
    }
}

#[test]
fn imports_against_the_arrows_are_noticed() {
    let arrows = arrows();
    let may = |module, imported| may_import(module, imported, &arrows);
    assert!(may("segmentation", "saliency") && may("engine", "class_model"));
    assert!(may("saliency", "rng") && may("rng", "error"));
    assert!(!may("saliency", "segmentation") && !may("class_model", "saliency"));
    assert!(!may("rng", "saliency") && !may("error", "progress"));
    assert_eq!(
        imports("use crate::a::{B, C}; fn f(x: crate::d::E)"),
        ["a", "d"]
    );
    assert!(imports("    // crate::a").is_empty());
}

#[test]
fn only_web_names_javascript() {
    for (module, path, text) in modules() {
        for name in ["wasm_bindgen", "js_sys", "web_sys", "tsify"] {
            assert!(
                module == "web" || !text.contains(name),
                "{} names {name}",
                path.display()
            );
        }
    }
}
