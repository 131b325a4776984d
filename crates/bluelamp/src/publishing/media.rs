//! Outbound pictures: bounded before they are decoded, re-encoded, and with that rid of everything but what is seen.
//!
//! A photograph tells where it was taken and with which device; a small file can unpack to gigabytes. So the size is
//! read from the header and bounded first, and what goes out is made of pixels alone. The object is written first, the
//! row that names it second; a draft takes no picture that did not come this way.

use super::store::{self, UploadRow};
use crate::act::{Ctx, Fault};
use crate::db::Isolation;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use std::io::Cursor;

/// The largest file that is taken.
pub const LARGEST: usize = 20 * 1024 * 1024;
/// The most pixels that are decoded: a 40-megapixel photograph.
const PIXELS: u64 = 40_000_000;
/// The longest side of what goes out.
const SIDE: u32 = 2_048;
/// What the smallest of the platforms takes, with a little room.
const FITS: usize = 950_000;

/// A re-encoded picture.
#[derive(Debug)]
pub struct Clean {
    pub bytes: Vec<u8>,
    pub mime: &'static str,
    pub width: u32,
    pub height: u32,
    pub had_metadata: bool,
}

/// Why a file is not taken, in a sentence.
pub type No = String;

/// Re-encodes one file and keeps it. `Ok(Err(…))` says why it is not taken.
pub async fn take(ctx: &Ctx, bytes: Vec<u8>) -> Result<Result<UploadRow, No>, Fault> {
    let made = tokio::task::spawn_blocking(move || clean(&bytes)).await.map_err(|e| Fault::Broken(e.to_string()))?;
    let clean = match made {
        Ok(clean) => clean,
        Err(why) => return Ok(Err(why)),
    };
    let object = ctx.app.blobs.put(ctx.force, &clean.bytes).await?;
    let row = UploadRow {
        object,
        mime: clean.mime.into(),
        width: clean.width,
        height: clean.height,
        size: clean.bytes.len(),
        had_metadata: clean.had_metadata,
    };
    let mut tx = ctx.app.db.write(ctx.force, Isolation::ReadCommitted).await?;
    store::put_upload(&mut tx, ctx.force, &row, ctx.now()).await?;
    tx.commit().await?;
    Ok(Ok(row))
}

/// Pixels out of a file, as a new file.
pub fn clean(bytes: &[u8]) -> Result<Clean, No> {
    if bytes.len() > LARGEST {
        return Err(format!("this file is larger than {} MB; make the picture smaller and try again", LARGEST / 1024 / 1024));
    }
    let broken = |_| "this picture cannot be opened: it is damaged or not what its name says; save it again as PNG or JPEG".to_owned();
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let format = reader.format().ok_or("this is not a picture that Bluelamp can read; use PNG, JPEG, GIF or WebP")?;
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > PIXELS {
        return Err(format!("this picture has {width} by {height} pixels, more than is opened here; make it smaller and try again"));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(512 << 20);
    decoder.set_limits(limits).map_err(broken)?;
    let had_metadata = decoder.exif_metadata().ok().flatten().is_some() || decoder.xmp_metadata().ok().flatten().is_some();
    let turned = decoder.orientation().map_err(broken)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(broken)?;
    picture.apply_orientation(turned);
    if picture.width().max(picture.height()) > SIDE {
        picture = picture.thumbnail(SIDE, SIDE);
    }
    let (bytes, mime) = encode(&picture, format).map_err(broken)?;
    Ok(Clean { bytes, mime, width: picture.width(), height: picture.height(), had_metadata })
}

/// Drawings stay sharp as PNG while they fit; photographs, and what would be too large, become JPEG.
fn encode(picture: &DynamicImage, from: ImageFormat) -> Result<(Vec<u8>, &'static str), image::ImageError> {
    if from != ImageFormat::Jpeg {
        let mut png = Cursor::new(Vec::new());
        DynamicImage::from(picture.to_rgba8()).write_to(&mut png, ImageFormat::Png)?;
        if png.get_ref().len() <= FITS {
            return Ok((png.into_inner(), "image/png"));
        }
    }
    let flat = on_white(picture);
    let mut jpeg = Vec::new();
    for quality in [88, 78, 65, 50, 35] {
        jpeg.clear();
        JpegEncoder::new_with_quality(&mut jpeg, quality).encode_image(&flat)?;
        if jpeg.len() <= FITS {
            break;
        }
    }
    Ok((jpeg, "image/jpeg"))
}

/// JPEG knows no transparency: what shows through is white.
fn on_white(picture: &DynamicImage) -> DynamicImage {
    let mut rgba = picture.to_rgba8();
    for p in rgba.pixels_mut() {
        let a = u32::from(p.0[3]);
        for c in &mut p.0[..3] {
            // INVARIANT: a weighted mean of two bytes is a byte.
            *c = ((u32::from(*c) * a + 255 * (255 - a)) / 255) as u8;
        }
    }
    DynamicImage::from(DynamicImage::from(rgba).to_rgb8())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn png(width: u32, height: u32) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(width, height).write_to(&mut out, ImageFormat::Png).unwrap();
        out.into_inner()
    }

    #[test]
    fn what_goes_out_is_pixels_and_fits() {
        let c = clean(&png(4_000, 1_000)).unwrap();
        assert_eq!((c.width, c.height, c.mime, c.had_metadata), (2_048, 512, "image/png", false));
        assert!(c.bytes.len() <= FITS);
    }

    #[test]
    fn where_a_photograph_was_taken_does_not_go_out() {
        let mut jpeg = Vec::new();
        JpegEncoder::new(&mut jpeg).encode_image(&DynamicImage::new_rgb8(8, 8)).unwrap();
        // An Exif block as a camera writes it: TIFF header, and a marker that must not survive.
        let exif: Vec<u8> = [b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0".as_slice(), b"GPS-SECRET-52.63N"].concat();
        let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
        let with: Vec<u8> = [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat();
        let c = clean(&with).unwrap();
        assert!(c.had_metadata && c.mime == "image/jpeg");
        assert!(!c.bytes.windows(10).any(|w| w == b"GPS-SECRET"));
    }

    #[test]
    fn a_small_file_that_unpacks_to_gigabytes_is_refused_unopened() {
        let mut bomb = png(1, 1);
        bomb[16..20].copy_from_slice(&60_000u32.to_be_bytes());
        bomb[20..24].copy_from_slice(&60_000u32.to_be_bytes());
        let crc = bomb[12..29].iter().fold(!0u32, |mut crc, b| {
            crc ^= u32::from(*b);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
            }
            crc
        });
        bomb[29..33].copy_from_slice(&(!crc).to_be_bytes());
        assert!(clean(&bomb).unwrap_err().contains("60000 by 60000"));
    }

    #[test]
    fn what_is_no_picture_says_what_to_do() {
        for bytes in [&b"%PDF-1.7"[..], b"", b"\x89PNG\r\n\x1a\n", b"GIF89a"] {
            let says = clean(bytes).unwrap_err();
            assert!(says.contains("PNG"), "{says}");
        }
        assert!(clean(&vec![0; LARGEST + 1]).unwrap_err().contains("larger"));
    }

    #[test]
    fn a_large_drawing_becomes_a_photograph_that_fits() {
        let mut noisy = image::RgbaImage::new(1_200, 1_200);
        let mut n = 7u32;
        for p in noisy.pixels_mut() {
            n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            p.0 = [(n >> 24) as u8, (n >> 16) as u8, (n >> 8) as u8, 128];
        }
        let mut out = Cursor::new(Vec::new());
        DynamicImage::from(noisy).write_to(&mut out, ImageFormat::Png).unwrap();
        let c = clean(out.get_ref()).unwrap();
        assert_eq!(c.mime, "image/jpeg");
        assert!(c.bytes.len() <= FITS, "{}", c.bytes.len());
    }
}
