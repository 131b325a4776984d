//! The pictures that came with messages: a copy for showing, the original by download alone. What stands in quarantine
//! is the desk's page.

use super::{queue, store};
use crate::act::Ctx;
use crate::http::{self, PageResult, Problem};
use axum::extract::Path;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use bluelamp_domain::ids::MediaId;

/// `GET /media/{id}`: the copy for showing, made of pixels alone.
pub async fn get_copy(ctx: Ctx, Path(id): Path<MediaId>) -> PageResult {
    let Some(row) = seen(&ctx, id).await? else { return Ok(missing()) };
    let (Some(copy), Some(mime)) = (row.copy, row.copy_mime) else { return Ok(missing()) };
    let bytes = ctx.app.blobs.get(ctx.force, &copy).await.map_err(|e| crate::act::Fault::Broken(e.to_string()))?;
    Ok(([(header::CONTENT_TYPE, mime), (header::CACHE_CONTROL, "private, max-age=600".to_owned())], bytes).into_response())
}

/// `GET /media/{id}/original`: the evidence as it came, by download only and never opened here.
pub async fn get_original(ctx: Ctx, Path(id): Path<MediaId>) -> PageResult {
    let Some(row) = seen(&ctx, id).await? else { return Ok(missing()) };
    let Some(object) = row.object else { return Ok(missing()) };
    let bytes = ctx.app.blobs.get(ctx.force, &object).await.map_err(|e| crate::act::Fault::Broken(e.to_string()))?;
    let name = format!("attachment; filename=\"{}.bin\"", row.id);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (HeaderName::from_static("x-sha256"), object),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned()),
    ];
    Ok((headers, bytes).into_response())
}

fn missing() -> axum::response::Response {
    Problem::new(404, "not-found", "there is no such picture, or it is not yours to see").page()
}

/// A medium of a message that this person may see.
async fn seen(ctx: &Ctx, id: MediaId) -> Result<Option<store::MediaRow>, http::PageFault> {
    let mut tx = ctx.read().await?;
    let Some(row) = store::medium(&mut tx, ctx.force, id).await? else { return Ok(None) };
    Ok(queue::store::message(&mut tx, ctx.force, &ctx.scope, row.message).await?.map(|_| row))
}
