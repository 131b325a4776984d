//! Inbound pictures: the original bytes and their hash are evidence, a re-encoded copy is what people see.
//!
//! The copy is made of pixels alone, so that place, device and whatever else a picture carries is not in it. Its size
//! is read and bounded before anything is decoded: a picture that unpacks to gigabytes is kept and never opened.

use super::acts::keep_media::{KeepMedia, Shown};
use super::store;
use crate::accounts::acts::allow_host::AllowHost;
use crate::accounts::connection::{self, NoLine};
use crate::act::{Ctx, Fault, Outcome};
use crate::db::doors::Claimed;
use crate::jobs::Ran;
use bluelamp_domain::act::{Actor, Principal};
use bluelamp_domain::ids::MediaId;
use bluelamp_domain::time::{Instant, MINUTE};
use bluelamp_platforms::{Egress, Outcome as Answer, Request, Response, Socket, Trouble};
use futures_util::future::BoxFuture;
use image::{ImageDecoder, ImageReader, Limits};
use std::io::Cursor;

/// The largest original that is fetched.
pub const LARGEST: usize = 25 * 1024 * 1024;
/// The most pixels that are decoded: a 40-megapixel photograph.
const PIXELS: u64 = 40_000_000;
/// The longest side of a copy.
const SIDE: u32 = 2_000;

/// `intake.fetch_media`: the platform's bytes into the object store, then `intake.keep_media`.
pub fn fetch(ctx: Ctx, job: Claimed) -> BoxFuture<'static, Result<Ran, Fault>> {
    Box::pin(async move {
        let ctx = Ctx { principal: Principal::System(Actor::Intake), ..ctx };
        let Some(id) = job.input["media"].as_str().and_then(|s| s.parse::<MediaId>().ok()) else {
            return Ok(Ran::GiveUp { why: "the job names no medium".into() });
        };
        let row = {
            let mut tx = ctx.read().await?;
            store::medium(&mut tx, ctx.force, id).await?
        };
        let Some(row) = row.filter(|r| r.object.is_none()) else { return Ok(Ran::Done) };
        let last = job.attempts >= ATTEMPTS;
        // A picture may stand on a host that the platform has just named; one redirect of that kind is followed.
        for learned in 0..3 {
            let line = match connection::line_of(&ctx, row.account).await {
                Ok(line) => line,
                Err(NoLine::Fault(f)) => return Err(f),
                Err(e) => return settle(&ctx, id, None, e.to_string()).await,
            };
            let net = Learning { net: line.net.clone(), refused: std::sync::Mutex::new(None) };
            let answer = line.connector.fetch_media(&net, &line.connection, &row.url, LARGEST).await;
            let refused = crate::app::lock(&net.refused).take();
            match answer {
                Answer::Done(bytes) => return settle(&ctx, id, Some(bytes), String::new()).await,
                Answer::Rejected { why } => match refused {
                    // The host stands in the platform's own answer: it joins the account's by an act, if it may.
                    Some(host) if learned < 2 && allowed(&ctx, row.account, &host).await? => {}
                    _ => return settle(&ctx, id, None, why).await,
                },
                Answer::Unauthorised { why } => return settle(&ctx, id, None, why).await,
                Answer::Limited { until } => return Ok(Ran::Later { at: Instant(until), why: "the platform asks to wait".into() }),
                Answer::Unknown { why } | Answer::Broken { why } if last => return settle(&ctx, id, None, why).await,
                Answer::Unknown { why } | Answer::Broken { why } => {
                    return Ok(Ran::Later { at: ctx.now().plus(MINUTE << job.attempts.clamp(0, 6)), why });
                }
            }
        }
        settle(&ctx, id, None, "the platform sends from one host to the next".into()).await
    })
}

/// Lets the account reach a host, unless it does already or may not.
async fn allowed(ctx: &Ctx, account: bluelamp_domain::ids::AccountId, host: &str) -> Result<bool, Fault> {
    let known = {
        let mut tx = ctx.read().await?;
        crate::accounts::store::hosts(&mut tx, ctx.force, account).await?.iter().any(|h| h == host)
    };
    Ok(!known && matches!(ctx.act(AllowHost { account, host: host.to_owned() }).await?, Outcome::Done(_)))
}

/// The account's way out, which remembers the host that it was refused.
struct Learning {
    net: std::sync::Arc<dyn Egress>,
    refused: std::sync::Mutex<Option<String>>,
}

impl Learning {
    fn note<T>(&self, answer: Result<T, Trouble>) -> Result<T, Trouble> {
        if let Err(Trouble::Forbidden { host }) = &answer {
            *crate::app::lock(&self.refused) = Some(host.clone());
        }
        answer
    }
}

#[async_trait::async_trait]
impl Egress for Learning {
    async fn send(&self, request: Request) -> Result<Response, Trouble> {
        self.note(self.net.send(request).await)
    }

    async fn open(&self, request: Request) -> Result<Box<dyn Socket>, Trouble> {
        self.note(self.net.open(request).await)
    }
}

/// How often a picture is asked for before it counts as missing.
pub const ATTEMPTS: i64 = 6;

async fn settle(ctx: &Ctx, media: MediaId, bytes: Option<Vec<u8>>, why: String) -> Result<Ran, Fault> {
    let Some(bytes) = bytes else {
        ctx.act(KeepMedia { media, object: None, size: None, copy: None, why }).await?;
        return Ok(Ran::Done);
    };
    let object = ctx.app.blobs.put(ctx.force, &bytes).await?;
    let size = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    let made = tokio::task::spawn_blocking(move || copy_of(&bytes)).await.map_err(|e| Fault::Broken(e.to_string()))?;
    let (copy, why) = match made {
        Ok((png, width, height)) => {
            let object = ctx.app.blobs.put(ctx.force, &png).await?;
            (Some(Shown { object, mime: "image/png".into(), width, height }), String::new())
        }
        Err(why) => (None, why),
    };
    ctx.act(KeepMedia { media, object: Some(object), size: Some(size), copy, why }).await?;
    Ok(Ran::Done)
}

/// A copy for showing, as PNG with its size, or why there is none.
pub fn copy_of(bytes: &[u8]) -> Result<(Vec<u8>, u32, u32), String> {
    let no = |e: image::ImageError| format!("no picture that can be shown: {e}");
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    if reader.format().is_none() {
        return Err("this is not a picture of a kind that can be shown".into());
    }
    let mut decoder = reader.into_decoder().map_err(no)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(format!("{width} by {height} pixels are more than is opened here; the original is kept"));
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(60_000);
    limits.max_image_height = Some(60_000);
    limits.max_alloc = Some(512 << 20);
    decoder.set_limits(limits).map_err(no)?;
    let turned = decoder.orientation().map_err(no)?;
    let mut picture = image::DynamicImage::from_decoder(decoder).map_err(no)?;
    picture.apply_orientation(turned);
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    let mut png = Cursor::new(Vec::new());
    image::DynamicImage::from(picture.to_rgba8()).write_to(&mut png, image::ImageFormat::Png).map_err(no)?;
    Ok((png.into_inner(), picture.width(), picture.height()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(width, height).write_to(&mut out, image::ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_copy_is_pixels_and_fits_a_screen() {
        let (copy, width, height) = copy_of(&png(4_000, 1_000)).unwrap();
        assert_eq!((width, height), (2_000, 500));
        assert!(copy.starts_with(b"\x89PNG"));
    }

    #[test]
    fn a_picture_that_unpacks_to_gigabytes_is_not_opened() {
        // The header says 60,000 by 60,000; the data behind it need not exist, because it is never reached.
        let mut bomb = png(1, 1);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let crc = crc(&bomb[12..29]);
        bomb[29..33].copy_from_slice(&crc.to_be_bytes());
        assert!(copy_of(&bomb).unwrap_err().contains("60000 by 60000"));
    }

    fn crc(bytes: &[u8]) -> u32 {
        !bytes.iter().fold(u32::MAX, |mut crc, byte| {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
            }
            crc
        })
    }

    #[test]
    fn where_a_photograph_was_taken_is_not_in_the_copy() {
        // A JPEG with an Exif block that names a place.
        let mut jpeg = Cursor::new(Vec::new());
        image::DynamicImage::new_rgb8(8, 8).write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
        let jpeg = jpeg.into_inner();
        let mut exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0".to_vec();
        exif.extend_from_slice(b"GPSLatitude 52.6369");
        let mut with_place = jpeg[..2].to_vec();
        with_place.extend_from_slice(&[0xff, 0xe1]);
        with_place.extend_from_slice(&u16::try_from(exif.len() + 2).unwrap().to_be_bytes());
        with_place.extend_from_slice(&exif);
        with_place.extend_from_slice(&jpeg[2..]);
        let (copy, ..) = copy_of(&with_place).unwrap();
        let has = |bytes: &[u8]| bytes.windows(11).any(|w| w == b"GPSLatitude");
        assert!(has(&with_place) && !has(&copy));
    }

    #[test]
    fn what_is_no_picture_says_so() {
        for bad in [&b""[..], b"PK\x03\x04 a zip", b"<svg></svg>", b"\x89PNG\r\n\x1a\n"] {
            assert!(copy_of(bad).is_err());
        }
    }
}
