//! Style sheets and scripts, embedded in the program (read from disk in a development build) and served under names
//! that carry their content's hash, so that a browser may keep them for ever and a new release is never half new.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use std::sync::Arc;

#[derive(rust_embed::RustEmbed)]
#[folder = "../../assets/dist"]
struct Dist;

/// The manifest: logical name to the name it is served under. Cheap to clone; one per process.
#[derive(Clone, Debug)]
pub struct Assets(Arc<BTreeMap<String, String>>);

#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    #[error("the program was built without assets/dist/manifest.json: run `cargo run -p xtask -- assets` and build again")]
    Absent,
    #[error("assets/dist/manifest.json cannot be read ({0}): run `cargo run -p xtask -- assets` again")]
    Unreadable(#[from] serde_json::Error),
}

impl Assets {
    pub fn load() -> Result<Self, AssetsError> {
        let manifest = Dist::get("manifest.json").ok_or(AssetsError::Absent)?;
        Ok(Self(Arc::new(serde_json::from_slice(&manifest.data)?)))
    }

    /// The address of an asset. A name that is not in the manifest gets an address that answers 404, which the page
    /// survives; a test holds every name that a template uses against the manifest.
    pub fn url(&self, name: &str) -> String {
        format!("/assets/{}", self.0.get(name).map_or(name, String::as_str))
    }
}

/// `GET /assets/{name}`. The manifest itself is not an asset.
pub async fn serve(Path(name): Path<String>) -> Response {
    let file = if name == "manifest.json" { None } else { Dist::get(&name) };
    let Some(file) = file else { return StatusCode::NOT_FOUND.into_response() };
    let headers = [
        (header::CONTENT_TYPE, content_type(&name).to_string()),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_string()),
    ];
    (headers, file.data).into_response()
}

/// A closed list: what assets/dist can hold, and nothing guessed.
fn content_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_asset_is_kept_for_ever_under_its_hashed_name() {
        let assets = Assets::load().unwrap();
        let url = assets.url("bluelamp.css");
        let name = url.strip_prefix("/assets/").unwrap().to_string();
        assert_ne!(name, "bluelamp.css", "the name must carry the hash");
        let answer = serve(Path(name)).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    }

    #[tokio::test]
    async fn what_is_not_in_the_manifest_is_not_found() {
        for name in ["manifest.json", "../Cargo.toml", "bluelamp.css", ""] {
            assert_eq!(serve(Path(name.into())).await.status(), StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn every_asset_a_template_names_is_in_the_manifest() {
        let assets = Assets::load().unwrap();
        for layout in [include_str!("templates/layout.html"), include_str!("templates/public_layout.html")] {
            let layout = layout.replace("assets.url(", "shell.asset(");
            let named: Vec<&str> = layout.split("shell.asset(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            assert!(!named.is_empty());
            for name in named {
                assert!(assets.0.contains_key(name), "`{name}` is not in assets/dist");
            }
        }
    }

    #[test]
    fn nothing_reserved_for_gov_uk_is_embedded() {
        for name in Dist::iter() {
            assert!(!name.contains("woff") && !name.contains("crest") && !name.contains("crown"), "{name}");
            let file = Dist::get(&name).unwrap();
            assert!(!String::from_utf8_lossy(&file.data).contains("GDS Transport"), "{name} names the typeface");
        }
    }
}
