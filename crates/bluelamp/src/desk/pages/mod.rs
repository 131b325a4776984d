//! The desk's pages.
