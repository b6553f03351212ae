//! The few messages of containerd's API that reading needs (github.com/containerd/containerd/api,
//! `services/{images,content,namespaces}/v1` and `types`): the fields that are looked at, by their
//! numbers. Fields that are not listed are passed over, as protobuf means it.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::Message;

/// `containerd.services.images.v1.Images/List`: all images where no filter is given.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ListImagesRequest {
    #[prost(string, repeated, tag = "1")]
    pub filters: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ListImagesResponse {
    #[prost(message, repeated, tag = "1")]
    pub images: Vec<Image>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Image {
    #[prost(string, tag = "1")]
    pub name: String,
    #[prost(message, optional, tag = "3")]
    pub target: Option<Descriptor>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Descriptor {
    #[prost(string, tag = "1")]
    pub media_type: String,
    #[prost(string, tag = "2")]
    pub digest: String,
    #[prost(int64, tag = "3")]
    pub size: i64,
    #[prost(btree_map = "string, string", tag = "5")]
    pub annotations: BTreeMap<String, String>,
}

/// `containerd.services.content.v1.Content/Info`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct InfoRequest {
    #[prost(string, tag = "1")]
    pub digest: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InfoResponse {
    #[prost(message, optional, tag = "1")]
    pub info: Option<Info>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Info {
    #[prost(int64, tag = "2")]
    pub size: i64,
}

/// `containerd.services.content.v1.Content/Read`: from the start to the end where nothing else is
/// asked for.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadContentRequest {
    #[prost(string, tag = "1")]
    pub digest: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ReadContentResponse {
    #[prost(int64, tag = "1")]
    pub offset: i64,
    #[prost(bytes = "bytes", tag = "2")]
    pub data: Bytes,
}

/// `containerd.services.namespaces.v1.Namespaces/List`.
#[derive(Clone, PartialEq, Message)]
pub(super) struct ListNamespacesRequest {}

#[derive(Clone, PartialEq, Message)]
pub(super) struct ListNamespacesResponse {
    #[prost(message, repeated, tag = "1")]
    pub namespaces: Vec<Namespace>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Namespace {
    #[prost(string, tag = "1")]
    pub name: String,
}
