//! Does an item fit a platform's figures? Asked before anything leaves, so that a half-made post never stands.

use crate::contract::{Capabilities, Outgoing};

/// Why the item cannot go out as it is, or nothing. `length` is the text's length as the platform counts it.
pub fn why_not(item: &Outgoing, length: usize, limits: &Capabilities) -> Option<String> {
    let title = &limits.title;
    if item.text.trim().is_empty() && item.images.is_empty() {
        return Some("there is nothing to publish: write a text or add a picture".into());
    }
    if length > limits.max_graphemes {
        return Some(format!("`{title}` allows {} characters, this has {length}", limits.max_graphemes));
    }
    if let Some(max) = limits.max_bytes.filter(|max| item.text.len() > *max) {
        return Some(format!("`{title}` allows {max} bytes of text, this has {}", item.text.len()));
    }
    if item.images.len() > limits.max_images {
        return Some(format!("`{title}` allows {} pictures, this has {}", limits.max_images, item.images.len()));
    }
    for (at, image) in item.images.iter().enumerate() {
        let nth = at + 1;
        if image.alt.trim().is_empty() {
            return Some(format!("picture {nth} has no alternative text: describe it for people who cannot see it"));
        }
        if image.alt.chars().count() > limits.max_alt {
            return Some(format!("the alternative text of picture {nth} is longer than {} characters", limits.max_alt));
        }
        if !limits.image_types.contains(&image.mime) {
            return Some(format!("`{title}` does not take pictures of type `{}`", image.mime));
        }
        if image.bytes.len() > limits.max_image_bytes {
            return Some(format!("picture {nth} is larger than {} bytes", limits.max_image_bytes));
        }
    }
    None
}
