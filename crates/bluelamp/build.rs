//! Fails with the sentence that helps when the browser files have not been built. It builds nothing itself: a build
//! script that reaches a network breaks offline builds.

fn main() {
    let manifest = "../../assets/dist/manifest.json";
    println!("cargo:rerun-if-changed={manifest}");
    println!("cargo:rerun-if-changed=askama.toml");
    assert!(
        std::path::Path::new(manifest).is_file(),
        "assets/dist is not built: run `cargo run -p xtask -- assets` in the repository first, then build again"
    );
}
