//! The Merkle tree of RFC 6962 over nodes that somebody else stores.
//!
//! Nodes are addressed by *stored index*, the dense order of C2SP tlog: node `n` of level `l`
//! stands at `tlog_tiles::stored_hash_index(l, n)`. A node, once written, never changes, so a table
//! of (index, hash) that only takes INSERT holds the tree. Nothing here waits or reads: the caller
//! asks which nodes a calculation needs (`*_needs`), fetches them in one query, and passes them in.

use std::collections::{BTreeMap, HashMap};

use tlog_tiles::{HashReader, tlog};

use crate::Digest;

/// Largest tree: sizes stand in JSON as numbers, which are exact up to here.
pub const MAX_SIZE: u64 = 1 << 53;

/// What can be wrong with a calculation or a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TreeError {
    /// A node the calculation needs was not given.
    #[error("node {0} of the tree is missing: restore the ledger's nodes from a backup or an export")]
    Missing(u64),
    /// An index or size outside the tree.
    #[error("{index} lies outside a tree of {size}")]
    Outside {
        /// What was asked for.
        index: u64,
        /// How many leaves there are.
        size: u64,
    },
    /// The proof leads to another root.
    #[error("the proof does not lead to the stated root")]
    NotProven,
}

/// Where nodes are read from.
pub trait Nodes {
    /// The node at a stored index, if it is there.
    fn node(&self, index: u64) -> Option<Digest>;
}

impl Nodes for BTreeMap<u64, Digest> {
    fn node(&self, index: u64) -> Option<Digest> {
        self.get(&index).copied()
    }
}

impl Nodes for HashMap<u64, Digest> {
    fn node(&self, index: u64) -> Option<Digest> {
        self.get(&index).copied()
    }
}

impl Nodes for [Digest] {
    fn node(&self, index: u64) -> Option<Digest> {
        self.get(usize::try_from(index).ok()?).copied()
    }
}

/// Lends [`Nodes`] to the library, which wants all of a list or an error.
struct Lent<'a, N: ?Sized> {
    nodes: &'a N,
    /// Nodes made in this very calculation, not stored yet.
    fresh: Option<&'a BTreeMap<u64, Digest>>,
}

impl<N: Nodes + ?Sized> Lent<'_, N> {
    fn get(&self, index: u64) -> Option<Digest> {
        self.fresh.and_then(|fresh| fresh.get(&index).copied()).or_else(|| self.nodes.node(index))
    }

    /// The library cannot say which node was missing, so look before it does.
    fn has(&self, needs: &[u64]) -> Result<(), TreeError> {
        match needs.iter().find(|i| self.get(**i).is_none()) {
            Some(i) => Err(TreeError::Missing(*i)),
            None => Ok(()),
        }
    }
}

impl<N: Nodes + ?Sized> HashReader for Lent<'_, N> {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        indexes.iter().map(|i| self.get(*i).map(Into::into).ok_or(tlog::Error::IndexesNotInTree)).collect()
    }
}

/// Gives nothing but remembers what it was asked: the list of nodes a calculation needs.
#[derive(Default)]
struct Asked(std::cell::RefCell<Vec<u64>>);

impl HashReader for Asked {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog::Hash>, tlog::Error> {
        self.0.borrow_mut().extend(indexes);
        Ok(vec![tlog::EMPTY_HASH; indexes.len()])
    }
}

fn within(index: u64, size: u64) -> Result<(), TreeError> {
    if index < size && size <= MAX_SIZE { Ok(()) } else { Err(TreeError::Outside { index, size }) }
}

/// The hash of a leaf: `SHA-256(0x00 ‖ entry bytes)`.
#[must_use]
pub fn leaf_hash(bytes: &[u8]) -> Digest {
    tlog::record_hash(bytes).into()
}

/// The nodes that appending to, or taking the root of, a tree of this size needs: its peaks.
#[must_use]
pub fn peaks(size: u64) -> Vec<u64> {
    tlog::sub_tree_index(0, size.min(MAX_SIZE), Vec::new())
}

/// What an append gives back to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The tree's new size.
    pub size: u64,
    /// The tree's new root.
    pub root: Digest,
    /// Every new node by stored index, ascending and without a gap.
    pub nodes: Vec<(u64, Digest)>,
}

/// Appends leaves to a tree of `size`; `nodes` must hold [`peaks`]`(size)`.
///
/// ```
/// use std::collections::BTreeMap;
/// use bluelamp_ledger::tree::{append, leaf_hash, root};
/// let mut table = BTreeMap::new();
/// let first = append(0, &[leaf_hash(b"one"), leaf_hash(b"two")], &table)?;
/// table.extend(first.nodes);
/// let second = append(first.size, &[leaf_hash(b"three")], &table)?;
/// table.extend(second.nodes);
/// assert_eq!(root(3, &table)?, second.root);
/// # Ok::<(), bluelamp_ledger::tree::TreeError>(())
/// ```
///
/// # Errors
/// When a peak is missing, or the tree would outgrow [`MAX_SIZE`].
pub fn append<N: Nodes + ?Sized>(size: u64, leaves: &[Digest], nodes: &N) -> Result<Appended, TreeError> {
    let grown = size.saturating_add(leaves.len() as u64);
    if grown > MAX_SIZE {
        return Err(TreeError::Outside { index: grown, size: MAX_SIZE });
    }
    Lent { nodes, fresh: None }.has(&peaks(size))?;
    let mut fresh = BTreeMap::new();
    for (n, leaf) in (size..).zip(leaves) {
        let reader = Lent { nodes, fresh: Some(&fresh) };
        let made = tlog::stored_hashes_for_record_hash(n, (*leaf).into(), &reader)
            .map_err(|_| TreeError::Missing(tlog::stored_hash_index(0, n)))?;
        let at = tlog::stored_hash_index(0, n);
        fresh.extend((at..).zip(made.into_iter().map(Digest::from)));
    }
    let root = root_of(grown, &Lent { nodes, fresh: Some(&fresh) })?;
    Ok(Appended { size: grown, root, nodes: fresh.into_iter().collect() })
}

/// The root of the tree at `size`, which may lie in the past; needs [`peaks`]`(size)`.
///
/// # Errors
/// When a peak is missing.
pub fn root<N: Nodes + ?Sized>(size: u64, nodes: &N) -> Result<Digest, TreeError> {
    root_of(size, &Lent { nodes, fresh: None })
}

fn root_of<N: Nodes + ?Sized>(size: u64, nodes: &Lent<'_, N>) -> Result<Digest, TreeError> {
    nodes.has(&peaks(size))?;
    tlog::tree_hash(size, nodes).map(Into::into).map_err(|_| TreeError::NotProven)
}

/// The nodes [`inclusion`] needs.
///
/// # Errors
/// When the index lies outside the tree.
pub fn inclusion_needs(index: u64, size: u64) -> Result<Vec<u64>, TreeError> {
    within(index, size)?;
    let asked = Asked::default();
    tlog::prove_record(size, index, &asked).map_err(|_| TreeError::Outside { index, size })?;
    Ok(asked.0.into_inner())
}

/// Proves that the leaf at `index` stands in the tree of `size`.
///
/// # Errors
/// When the index lies outside the tree or a node is missing.
pub fn inclusion<N: Nodes + ?Sized>(index: u64, size: u64, nodes: &N) -> Result<Vec<Digest>, TreeError> {
    let reader = Lent { nodes, fresh: None };
    reader.has(&inclusion_needs(index, size)?)?;
    let proof = tlog::prove_record(size, index, &reader).map_err(|_| TreeError::Outside { index, size })?;
    Ok(proof.into_iter().map(Into::into).collect())
}

/// Checks an inclusion proof against a root one trusts.
///
/// # Errors
/// When the index lies outside the tree, or the proof leads elsewhere.
pub fn check_inclusion(proof: &[Digest], index: u64, leaf: Digest, size: u64, root: Digest) -> Result<(), TreeError> {
    within(index, size)?;
    let proof = proof.iter().map(|d| (*d).into()).collect();
    tlog::check_record(&proof, size, root.into(), index, leaf.into()).map_err(|_| TreeError::NotProven)
}

/// The nodes [`consistency`] needs.
///
/// # Errors
/// When the old tree is larger than the new one.
pub fn consistency_needs(old: u64, size: u64) -> Result<Vec<u64>, TreeError> {
    if old > size || size > MAX_SIZE {
        return Err(TreeError::Outside { index: old, size });
    }
    let asked = Asked::default();
    // RFC 6962 has no proof from the empty tree: everything extends it.
    if old > 0 {
        tlog::prove_tree(size, old, &asked).map_err(|_| TreeError::Outside { index: old, size })?;
    }
    Ok(asked.0.into_inner())
}

/// Proves that the tree of `size` only added to the tree of `old`.
///
/// # Errors
/// When the old tree is larger or a node is missing.
pub fn consistency<N: Nodes + ?Sized>(old: u64, size: u64, nodes: &N) -> Result<Vec<Digest>, TreeError> {
    let reader = Lent { nodes, fresh: None };
    reader.has(&consistency_needs(old, size)?)?;
    if old == 0 {
        return Ok(Vec::new());
    }
    let proof = tlog::prove_tree(size, old, &reader).map_err(|_| TreeError::Outside { index: old, size })?;
    Ok(proof.into_iter().map(Into::into).collect())
}

/// Checks a consistency proof between two roots.
///
/// # Errors
/// When the old tree is larger, or the proof does not join the two roots.
pub fn check_consistency(proof: &[Digest], old: u64, old_root: Digest, size: u64, root: Digest) -> Result<(), TreeError> {
    if old > size || size > MAX_SIZE {
        return Err(TreeError::Outside { index: old, size });
    }
    if old == 0 {
        let empty = old_root == Digest::from(tlog::EMPTY_HASH) && proof.is_empty();
        return if empty { Ok(()) } else { Err(TreeError::NotProven) };
    }
    let proof = proof.iter().map(|d| (*d).into()).collect();
    tlog::check_tree(&proof, size, root.into(), old, old_root.into()).map_err(|_| TreeError::NotProven)
}

/// A tree that only grows and keeps no more than its peaks: what reading a whole export needs.
#[derive(Debug, Clone, Default)]
pub struct Growing {
    size: u64,
    peaks: BTreeMap<u64, Digest>,
}

impl Growing {
    /// How many leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf.
    ///
    /// # Errors
    /// When the tree would outgrow [`MAX_SIZE`].
    pub fn push(&mut self, leaf: Digest) -> Result<(), TreeError> {
        let added = append(self.size, &[leaf], &self.peaks)?;
        self.peaks.extend(added.nodes);
        self.size = added.size;
        let keep = peaks(self.size);
        self.peaks.retain(|i, _| keep.contains(i));
        Ok(())
    }

    /// The root so far.
    ///
    /// # Errors
    /// Never in practice: the peaks are kept.
    pub fn root(&self) -> Result<Digest, TreeError> {
        root(self.size, &self.peaks)
    }
}
