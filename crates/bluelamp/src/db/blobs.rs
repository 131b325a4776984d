//! Large objects at `{force}/{sha256}`: a local folder, flushed to disk before anybody relies on it, or an S3 store.
//!
//! The object is written first, the row that names it second; orphans are swept after a day.

use crate::vault::Secret;
use bluelamp_domain::ids::ForceId;
use bluelamp_domain::time::Instant;
use futures_util::TryStreamExt;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the object `{0}` is not there")]
    Missing(String),
    #[error("the disk of the object store is full")]
    Full,
    #[error("the object store: {0}")]
    Store(String),
    #[error("the object `{0}` is not what its name says: it was changed")]
    Changed(String),
}

impl BlobError {
    /// What a failure comes to; a full disk is told apart, however deep it is said.
    pub(crate) fn of(e: &(dyn std::error::Error + 'static)) -> BlobError {
        let mut cause = Some(e);
        while let Some(e) = cause {
            let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded];
            if e.downcast_ref::<std::io::Error>().is_some_and(|e| full.contains(&e.kind())) {
                return BlobError::Full;
            }
            cause = e.source();
        }
        BlobError::Store(e.to_string())
    }
}

impl From<BlobError> for crate::act::Fault {
    fn from(e: BlobError) -> Self {
        match e {
            BlobError::Full => crate::act::Fault::Db(super::DbError::Full),
            e => crate::act::Fault::Broken(e.to_string()),
        }
    }
}

#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, when it is one: we flush it ourselves, the store does not.
    folder: Option<PathBuf>,
    /// Writing and sweeping exclude each other on this node.
    gate: Arc<tokio::sync::RwLock<()>>,
}

impl Blobs {
    /// # Errors
    /// When the folder cannot be made.
    pub fn folder(path: PathBuf) -> Result<Blobs, BlobError> {
        std::fs::create_dir_all(&path).map_err(|e| BlobError::Store(e.to_string()))?;
        let store = object_store::local::LocalFileSystem::new_with_prefix(&path).map_err(|e| BlobError::Store(e.to_string()))?;
        Ok(Blobs { store: Arc::new(store), folder: Some(path), gate: Arc::default() })
    }

    /// An S3-compatible store, reached by path-style addresses. What it has acknowledged is durable.
    ///
    /// # Errors
    /// When the settings are not those of a store; it is not called yet.
    pub fn s3(settings: &crate::config::Objects, key_id: &Secret, secret: &Secret) -> Result<Blobs, BlobError> {
        let plain = settings.endpoint.starts_with("http://");
        let host = url::Url::parse(&settings.endpoint).ok().and_then(|u| u.host_str().map(str::to_owned));
        if plain && !host.is_some_and(|h| h == "localhost" || h.starts_with("127.")) {
            return Err(BlobError::Store("the endpoint must begin with https://, unless it is on this machine".into()));
        }
        // The store's client speaks TLS before the program's own way out is made.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let store = object_store::aws::AmazonS3Builder::new()
            .with_endpoint(settings.endpoint.trim_end_matches('/'))
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.region)
            .with_access_key_id(String::from_utf8_lossy(key_id.expose()))
            .with_secret_access_key(String::from_utf8_lossy(secret.expose()))
            .with_virtual_hosted_style_request(false)
            .with_allow_http(plain)
            .with_checksum_algorithm(object_store::aws::Checksum::SHA256)
            .build()
            .map_err(|e| BlobError::of(&e))?;
        Ok(Blobs { store: Arc::new(store), folder: None, gate: Arc::default() })
    }

    /// Writes, reads and removes a small object of the installation's own: better no start than evidence that is lost.
    ///
    /// # Errors
    /// When the store does not do what is asked of it.
    pub async fn try_out(&self, mark: &str) -> Result<(), BlobError> {
        let path = Path::from(format!("bluelamp-tried-{mark}"));
        let told = |e: object_store::Error| BlobError::of(&e);
        self.store.put(&path, PutPayload::from_static(b"Bluelamp was here")).await.map_err(told)?;
        let read = self.store.get(&path).await.map_err(told)?.bytes().await.map_err(told)?;
        self.store.delete(&path).await.map_err(told)?;
        if read.as_ref() == b"Bluelamp was here" {
            Ok(())
        } else {
            Err(BlobError::Store("it gives back something else than it was given".into()))
        }
    }

    /// Keeps `bytes`; answers their hash. When this returns they are on disk.
    pub async fn put(&self, force: ForceId, bytes: &[u8]) -> Result<String, BlobError> {
        let hash = crate::app::digest(bytes);
        let name = format!("{force}/{hash}");
        let _shared = self.gate.read().await;
        self.store.put(&Path::from(name.as_str()), PutPayload::from(bytes.to_vec())).await.map_err(|e| BlobError::of(&e))?;
        if let Some(folder) = &self.folder {
            let (file, dir) = (folder.join(&name), folder.join(force.to_string()));
            tokio::task::spawn_blocking(move || std::fs::File::open(file)?.sync_all().and_then(|()| std::fs::File::open(dir)?.sync_all()))
                .await
                .map_err(|e| BlobError::Store(e.to_string()))?
                .map_err(|e| BlobError::of(&e))?;
        }
        Ok(hash)
    }

    pub async fn get(&self, force: ForceId, hash: &str) -> Result<Vec<u8>, BlobError> {
        let name = format!("{force}/{hash}");
        let got = self.store.get(&Path::from(name.as_str())).await.map_err(|e| match e {
            object_store::Error::NotFound { .. } => BlobError::Missing(hash.to_owned()),
            e => BlobError::Store(e.to_string()),
        })?;
        let bytes = got.bytes().await.map_err(|e| BlobError::Store(e.to_string()))?;
        if crate::app::digest(&bytes) != hash {
            return Err(BlobError::Changed(hash.to_owned()));
        }
        Ok(bytes.to_vec())
    }

    /// The objects of a force that were last written before an instant.
    pub async fn older(&self, force: ForceId, before: Instant) -> Result<Vec<String>, BlobError> {
        let mut all = self.store.list(Some(&Path::from(force.to_string())));
        let mut old = Vec::new();
        while let Some(meta) = all.try_next().await.map_err(|e| BlobError::of(&e))? {
            let name = meta.location.filename().unwrap_or_default();
            let ours = name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit());
            if ours && meta.last_modified.timestamp_micros() < before.0 {
                old.push(name.to_owned());
            }
        }
        Ok(old)
    }

    /// Removes an object that was last written before an instant. False when it is gone, or was written again meanwhile:
    /// somebody is about to name it. On one node that cannot slip in between; where several write, the same bytes would
    /// have to come back, a day later, within the moment between the look and the removal.
    pub async fn delete_older(&self, force: ForceId, hash: &str, before: Instant) -> Result<bool, BlobError> {
        let _alone = self.gate.write().await;
        let path = Path::from(format!("{force}/{hash}"));
        match self.store.head(&path).await {
            Ok(meta) if meta.last_modified.timestamp_micros() >= before.0 => return Ok(false),
            Ok(_) => {}
            Err(object_store::Error::NotFound { .. }) => return Ok(false),
            Err(e) => return Err(BlobError::of(&e)),
        }
        match self.store.delete(&path).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(true),
            Err(e) => Err(BlobError::of(&e)),
        }
    }

    /// Removes what a killed program had half written before an instant: a file beside its name, which no reader sees.
    pub async fn drop_halves(&self, force: ForceId, before: Instant) -> Result<(), BlobError> {
        let Some(folder) = self.folder.as_ref().map(|f| f.join(force.to_string())).filter(|f| f.is_dir()) else { return Ok(()) };
        let sweep = move || -> std::io::Result<()> {
            for entry in std::fs::read_dir(folder)? {
                let entry = entry?;
                let half = entry.file_name().to_string_lossy().contains('#');
                let written = entry.metadata()?.modified()?.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                if half && i64::try_from(written.as_micros()).unwrap_or(i64::MAX) < before.0 {
                    std::fs::remove_file(entry.path())?;
                }
            }
            Ok(())
        };
        tokio::task::spawn_blocking(sweep).await.map_err(|e| BlobError::Store(e.to_string()))?.map_err(|e| BlobError::of(&e))
    }
}
