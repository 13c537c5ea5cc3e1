//! Puts the site that `cargo leptos` built into the server's binary.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("target/site");
    println!("cargo:rerun-if-changed=build.rs");
    let embeds =
        env::var_os("CARGO_FEATURE_SSR").is_some() && env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let mut entries = String::new();
    if embeds {
        println!("cargo:rerun-if-changed={}", root.display());
        let mut files = Vec::new();
        collect(&root, &mut files);
        files.sort();
        for file in files.iter().filter(|file| is_served(file)) {
            let path = file.strip_prefix(&root).expect("found below it").display().to_string();
            let include = |file: &Path| format!("include_bytes!({:?})", file.display().to_string());
            let variant = |suffix: &str| {
                let file = PathBuf::from(format!("{}.{suffix}", file.display()));
                if file.exists() { format!("Some({})", include(&file)) } else { "None".to_owned() }
            };
            let entry = format!(
                "Embedded {{ path: {:?}, plain: {}, brotli: {}, gzip: {} }},\n",
                format!("/{path}"),
                include(file),
                variant("br"),
                variant("gz"),
            );
            entries.push_str(&entry);
        }
    }
    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it")).join("site.rs");
    fs::write(out, format!("static FILES: &[Embedded] = &[\n{entries}];\n")).expect("the output folder can be written");
}

/// Under its own name: neither a compressed variant nor a declaration for a compiler.
fn is_served(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension != "br" && extension != "gz" && extension != "ts")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
