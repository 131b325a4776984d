//! Large objects, in a folder and on a real S3 server: the same words are true of both.
//!
//! `scripts/with-servers s3 -- cargo test` names the server; without one the folder is tried alone.

use crate::config::Objects;
use crate::db::blobs::{BlobError, Blobs};
use crate::vault::Secret;
use bluelamp_domain::ids::ForceId;
use bluelamp_domain::time::{Instant, SECOND};
use uuid::Uuid;

/// The server's settings and a bucket of its own.
fn settings() -> Option<Objects> {
    let text = std::env::var("BLUELAMP_TEST_S3").ok()?;
    let said: serde_json::Value = serde_json::from_str(&text).expect("the server says where it is");
    let word = |name: &str| said[name].as_str().expect("it says all").to_owned();
    Some(Objects {
        endpoint: word("endpoint"),
        bucket: word("bucket"),
        region: "eu-west-2".into(),
        key_id_file: "unused".into(),
        secret_file: "unused".into(),
    })
}

fn keys() -> (Secret, Secret) {
    (Secret::new(b"test-key".to_vec()), Secret::new(b"test-secret".to_vec()))
}

fn stores() -> (Vec<(&'static str, Blobs)>, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let mut all = vec![("folder", Blobs::folder(folder.path().to_owned()).unwrap())];
    if let Some(settings) = settings() {
        let (id, secret) = keys();
        all.push(("s3", Blobs::s3(&settings, &id, &secret).unwrap()));
    }
    (all, folder)
}

#[tokio::test]
async fn an_object_comes_back_as_it_was_given_to_its_own_force_alone() {
    let (stores, _folder) = stores();
    for (name, blobs) in stores {
        let (ours, theirs) = (ForceId(Uuid::from_u128(1)), ForceId(Uuid::from_u128(2)));
        let bytes: Vec<u8> = (0..300_000u32).map(|n| (n % 251) as u8).collect();
        let hash = blobs.put(ours, &bytes).await.unwrap();
        assert_eq!(hash, crate::app::digest(&bytes));
        assert_eq!(blobs.put(ours, &bytes).await.unwrap(), hash, "{name}: twice is once");
        assert_eq!(blobs.get(ours, &hash).await.unwrap(), bytes, "{name}");
        assert!(matches!(blobs.get(theirs, &hash).await, Err(BlobError::Missing(_))), "{name}");
        blobs.try_out("a-test").await.unwrap();
    }
}

#[tokio::test]
async fn what_was_written_before_an_instant_is_told_and_removed_and_nothing_younger() {
    let (stores, _folder) = stores();
    for (name, blobs) in stores {
        let force = ForceId(Uuid::from_u128(3));
        let hash = blobs.put(force, b"an orphan").await.unwrap();
        let now = crate::wiring::machine_micros();
        let (long_ago, soon) = (Instant(now - 3600 * SECOND), Instant(now + 3600 * SECOND));
        assert!(blobs.older(force, long_ago).await.unwrap().is_empty(), "{name}");
        assert!(!blobs.delete_older(force, &hash, long_ago).await.unwrap(), "{name}");
        assert_eq!(blobs.older(force, soon).await.unwrap(), std::slice::from_ref(&hash), "{name}");
        assert!(blobs.older(ForceId(Uuid::from_u128(4)), soon).await.unwrap().is_empty(), "{name}");
        assert!(blobs.delete_older(force, &hash, soon).await.unwrap(), "{name}");
        assert!(!blobs.delete_older(force, &hash, soon).await.unwrap(), "{name}: it is gone");
        assert!(matches!(blobs.get(force, &hash).await, Err(BlobError::Missing(_))), "{name}");
        blobs.drop_halves(force, soon).await.unwrap();
    }
}

#[test]
fn a_store_elsewhere_is_reached_by_https_alone() {
    let (id, secret) = keys();
    let at = |endpoint: &str| {
        let settings = Objects {
            endpoint: endpoint.into(),
            bucket: "b".into(),
            region: "r".into(),
            key_id_file: "unused".into(),
            secret_file: "unused".into(),
        };
        Blobs::s3(&settings, &id, &secret).err().map(|e| e.to_string())
    };
    assert!(at("http://objects.force.example").unwrap().contains("https://"));
    assert_eq!((at("http://127.0.0.1:9"), at("https://objects.force.example")), (None, None));
}

#[tokio::test]
async fn a_program_whose_bucket_is_not_there_does_not_start() {
    let Some(settings) = settings() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let start = async |bucket: &str| {
        let data = folder.path().join(bucket);
        let text = format!(
            "data = {data:?}\n[staff]\nlisten = \"127.0.0.1:0\"\norigin = \"http://localhost\"\n[objects]\nendpoint = {:?}\nbucket = {bucket:?}\nregion = \"eu-west-2\"\nkey_id_file = {:?}\nsecret_file = {:?}\n",
            settings.endpoint,
            file("id", "test-key"),
            file("secret", "test-secret"),
        );
        let config = crate::config::Config::parse(&text).unwrap();
        let place = crate::db::Place::Lite(data.join("bluelamp.sqlite3"));
        let (clock, entropy) = (std::sync::Arc::new(crate::wiring::MachineClock), std::sync::Arc::new(crate::wiring::MachineEntropy));
        crate::wiring::build(config, place, clock, entropy, true).await.err().map(|e| e.to_string())
    };
    assert_eq!(start(&settings.bucket).await, None);
    let said = start("no-such-bucket").await.expect("it is refused");
    assert!(said.contains("`no-such-bucket`") && said.contains("[objects]"), "{said}");
}
