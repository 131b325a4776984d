//! Large objects at `{force}/{sha256}`: a local folder, flushed to disk before anybody relies on it, or an S3 store.
//!
//! The object is written first, the row that names it second; orphans are swept after a day.

use bluelamp_domain::ids::ForceId;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutPayload};
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    #[error("the object `{0}` is not there")]
    Missing(String),
    #[error("the object store: {0}")]
    Store(String),
    #[error("the object `{0}` is not what its name says: it was changed")]
    Changed(String),
}

#[derive(Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    /// The folder, when it is one: we flush it ourselves, the store does not.
    folder: Option<PathBuf>,
}

impl Blobs {
    /// # Errors
    /// When the folder cannot be made.
    pub fn folder(path: PathBuf) -> Result<Blobs, BlobError> {
        std::fs::create_dir_all(&path).map_err(|e| BlobError::Store(e.to_string()))?;
        let store = object_store::local::LocalFileSystem::new_with_prefix(&path).map_err(|e| BlobError::Store(e.to_string()))?;
        Ok(Blobs { store: Arc::new(store), folder: Some(path) })
    }

    pub fn store(store: Arc<dyn ObjectStore>) -> Blobs {
        Blobs { store, folder: None }
    }

    /// Keeps `bytes`; answers their hash. When this returns they are on disk.
    pub async fn put(&self, force: ForceId, bytes: &[u8]) -> Result<String, BlobError> {
        let hash = crate::app::digest(bytes);
        let name = format!("{force}/{hash}");
        self.store.put(&Path::from(name.as_str()), PutPayload::from(bytes.to_vec())).await.map_err(|e| BlobError::Store(e.to_string()))?;
        if let Some(folder) = &self.folder {
            let (file, dir) = (folder.join(&name), folder.join(force.to_string()));
            tokio::task::spawn_blocking(move || std::fs::File::open(file)?.sync_all().and_then(|()| std::fs::File::open(dir)?.sync_all()))
                .await
                .map_err(|e| BlobError::Store(e.to_string()))?
                .map_err(|e| BlobError::Store(e.to_string()))?;
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

    /// Removes an object. One that is gone is removed.
    pub async fn delete(&self, force: ForceId, hash: &str) -> Result<(), BlobError> {
        match self.store.delete(&Path::from(format!("{force}/{hash}"))).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(e) => Err(BlobError::Store(e.to_string())),
        }
    }
}
