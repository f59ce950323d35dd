//! The rules that keep the house livable: imports go one way, and only `web/` knows of JavaScript.
#![cfg(not(target_family = "wasm"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};

/// The order of `src/lib.rs`. A module may import those before it.
const ORDER: [&str; 19] = [
    "error",
    "progress",
    "fast_math",
    "matrix3",
    "rng",
    "device",
    "image_input",
    "imaging",
    "preprocess",
    "weights",
    "kernels",
    "networks",
    "gradient",
    "saliency",
    "class_model",
    "segmentation",
    "render",
    "engine",
    "web",
];

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
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    rust_files(&src)
        .into_iter()
        .filter(|path| !path.ends_with("src/lib.rs"))
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

fn place(module: &str) -> usize {
    ORDER
        .iter()
        .position(|&name| name == module)
        .unwrap_or_else(|| panic!("{module} has no place in the order"))
}

#[test]
fn a_module_imports_only_modules_before_it() {
    let mut imports = 0;
    for (module, path, text) in modules() {
        for import in text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("use crate::"))
        {
            let imported: String = import
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            assert!(
                place(&imported) <= place(&module),
                "{} imports {imported}",
                path.display()
            );
            imports += 1;
        }
    }
    assert!(
        imports > 20,
        "only {imports} imports were found: is this test still reading them?"
    );
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
