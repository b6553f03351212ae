//! Every bound on foreign bytes, by name and with its reason. A limit that is hit is trouble
//! (exit 2) and its error names the `--max-…` option that lifts it.

/// Bounds on what is read. Sizes in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A manifest, index, config or other JSON document (`--max-document`). Registries refuse
    /// manifests over 4 MiB; configs are as small.
    pub document: u64,
    /// How deep JSON may nest (`--max-depth`). Real documents stay under 10.
    pub depth: usize,
    /// Documents in one image, over all nested indexes (`--max-documents`).
    pub documents: usize,
    /// Layers in one image (`--max-layers`). overlayfs stops at 128, aufs at 127.
    pub layers: usize,
    /// What one layer may decompress to (`--max-layer-size`): a bomb stops here.
    pub layer_size: u64,
    /// How many times its own size a compressed layer may grow beyond the first 64 MiB
    /// (`--max-ratio`). Deflate cannot exceed 1032; zstd can exceed any number.
    pub ratio: u64,
    /// Entries in one layer (`--max-entries`): the entry list is what memory is spent on.
    pub entries: usize,
    /// One PAX or GNU extension header (`--max-extension`): it is kept in memory whole.
    pub extension: u64,
    /// All extension headers and other kept bytes of one layer (`--max-kept`).
    pub kept: u64,
    /// Members of an archive that holds an image (`--max-members`).
    pub members: usize,
    /// What a sparse file may expand to, since its holes are hashed (`--max-sparse`).
    pub sparse: u64,
    /// File contents held in memory at once as evidence (`--max-evidence`).
    pub evidence: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            document: 8 << 20,
            depth: 64,
            documents: 1_000,
            layers: 1_000,
            layer_size: 256 << 30,
            ratio: 1_100,
            entries: 4_000_000,
            extension: 1 << 20,
            kept: 1 << 30,
            members: 100_000,
            sparse: 64 << 30,
            evidence: 16 << 20,
        }
    }
}
