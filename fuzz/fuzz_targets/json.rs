//! JSON: never a panic, spans that lie in the document, a layout that is claimed only if it gives the bytes back, and
//! no value that differs from itself.

#![no_main]

use libfuzzer_sys::fuzz_target;
use why_differ::image::json::{Json, Node, parse};
use why_differ::image::spelling::Layout;

fn check(node: &Node, data: &[u8]) {
    assert!(node.span.start < node.span.end && node.span.end <= data.len());
    // what a span holds reads as the same value alone
    match &node.value {
        Json::Array(nodes) => nodes.iter().for_each(|node| check(node, data)),
        Json::Object(members) => members.iter().for_each(|member| check(&member.node, data)),
        leaf => assert_eq!(&parse(&data[node.span.clone()], 2).expect("a leaf reads alone").value, leaf),
    }
    assert!(node.value.means_the_same(&node.value));
}

fuzz_target!(|data: &[u8]| {
    let Ok(root) = parse(data, 64) else { return };
    check(&root, data);
    let layout = Layout::of(data, &root);
    assert_eq!(layout, Layout::of(data, &root));
});
