use reqwest::StatusCode;

use crate::harness::{Site, refusal, sample};

const MIMES: [(&str, &str); 10] = [
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("png", "image/png"),
    ("gif", "image/gif"),
    ("pdf", "application/pdf"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("txt", "text/plain"),
];

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_list_is_taken() {
    let site = Site::start().await;
    for (extension, mime) in MIMES {
        let file = site.upload(&format!("a.{extension}"), mime, sample(extension)).await;
        assert_eq!(file["mimeType"], mime);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn name_declared_type_and_bytes_must_agree() {
    let site = Site::start().await;
    for (extension, mime) in MIMES {
        for (other, other_mime) in MIMES.into_iter().filter(|(_, other_mime)| *other_mime != mime) {
            for (name, declared, bytes) in
                [(extension, mime, other), (extension, other_mime, extension), (other, mime, extension)]
            {
                let answer = site.post(site.form(&format!("a.{name}"), declared, sample(bytes))).await;
                let (status, code) = refusal(answer).await;
                assert_eq!(
                    (status, code.as_str()),
                    (415, "file_type_not_allowed"),
                    "a.{name} as {declared} of {bytes}"
                );
            }
        }
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_on_the_list_and_what_only_seems_to_be_is_refused() {
    let site = Site::start().await;
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>";
    let archive_behind_picture = [sample("png"), sample("docx")].concat();
    let script_behind_picture = [&sample("gif")[..], b"<script>alert(1)</script>"].concat();
    for (name, mime, bytes) in [
        ("a.svg", "image/svg+xml", svg.into()),
        ("a.png", "image/png", svg.into()),
        ("a.txt", "text/plain", svg.into()),
        ("a.html", "text/html", b"<html>".to_vec()),
        ("a.txt", "text/html", b"text".to_vec()),
        ("a.txt", "text/plain", b"<!DOCTYPE html><script>alert(1)</script>".to_vec()),
        ("a.xml", "application/xml", b"<?xml version=\"1.0\"?><a/>".to_vec()),
        ("a.txt", "text/plain", b"<?xml version=\"1.0\"?><a/>".to_vec()),
        ("a.txt", "text/plain", b"latin \xE9".to_vec()),
        ("a.txt", "text/plain", b"nul \0".to_vec()),
        ("a.txt", "application/octet-stream", b"text".to_vec()),
        ("a.exe", "application/x-msdownload", b"MZ".to_vec()),
        ("a", "text/plain", b"text".to_vec()),
        ("a.png", "image/png", b"\x89PNG\r\n\x1a\n<?php system($_GET['c']);".to_vec()),
        ("a.gif", "image/gif", b"GIF89a<script>alert(1)</script>".to_vec()),
        ("a.gif", "image/gif", script_behind_picture),
        ("a.png", "image/png", archive_behind_picture),
        ("a.docx", MIMES[6].1, crate::samples::archive(&["META-INF/MANIFEST.MF", "Main.class"])),
        (
            "a.docx",
            MIMES[6].1,
            crate::samples::archive(&["[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"]),
        ),
        ("a.doc", MIMES[5].1, crate::samples::compound(&["PowerPoint Document"])),
    ] {
        let (status, code) = refusal(site.post(site.form(name, mime, bytes)).await).await;
        assert_eq!((status, code.as_str()), (415, "file_type_not_allowed"), "{name} as {mime}");
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
    assert_eq!(site.get("/files/none").await.status(), StatusCode::NOT_FOUND);
}
