use reqwest::StatusCode;
use serde_json::Value;

use crate::harness::{Site, header, refusal};

/// Sends the file's name as raw bytes, as no honest client would.
async fn post_named(site: &Site, disposition: &str) -> reqwest::Response {
    let body = format!(
        "--b\r\ncontent-disposition: form-data; name=\"ticketId\"\r\n\r\n{}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; {disposition}\r\ncontent-type: text/plain\r\n\r\ntext\r\n--b--\r\n",
        site.ticket
    );
    let request = site.http.post(format!("{}/files", site.url)).bearer_auth(&site.alice.token);
    request.header("content-type", "multipart/form-data; boundary=b").body(body).send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_names_are_refused() {
    let site = Site::start().await;
    for name in [
        "../../../etc/passwd.txt",
        "..\\..\\windows\\x.txt",
        "/etc/passwd.txt",
        "x\u{200B}.txt",
        "x.p\u{200D}hp.txt",
        "x\u{202E}txt.exe.txt",
        "\u{FEFF}x.txt",
        "x.php.txt",
        "x.exe.txt",
        "x.phtml .txt",
        ".txt",
        "x.txt.",
        " x.txt",
    ] {
        let (status, code) = refusal(site.post(site.form(name, "text/plain", "text")).await).await;
        assert_eq!((status, code.as_str()), (422, "validation_failed"), "{name:?}");
    }
    let long = format!("{}.txt", "x".repeat(252));
    assert_eq!(site.post(site.form(&long, "text/plain", "text")).await.status(), 422);
    for disposition in [
        "filename=\"a\u{7}.txt\"",
        "filename=\"\"",
        "filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x%3Dy.txt",
        "filename*=UTF-8''a%00.txt",
        "filename=\"a.txt\"; filename*=UTF-8''..%2F..%2Fa.txt",
        "x=y",
    ] {
        let status = post_named(&site, disposition).await.status().as_u16();
        assert!(matches!(status, 400 | 422), "{disposition}: {status}");
    }
    assert_eq!((site.count("files").await, site.count("uploads").await), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_but_honest_names_come_back_as_they_were_and_break_no_header() {
    let site = Site::start().await;
    for (disposition, name, sent_back) in [
        (
            r#"filename="say \"hi\"; x.txt""#,
            "say \"hi\"; x.txt",
            "attachment; filename=\"say _hi_; x.txt\"; filename*=UTF-8''say%20%22hi%22%3B%20x.txt",
        ),
        (
            "filename=\"100% café.txt\"",
            "100% café.txt",
            "attachment; filename=\"100_ caf_.txt\"; filename*=UTF-8''100%25%20caf%C3%A9.txt",
        ),
        (
            "filename*=UTF-8''%E7%94%BB.txt",
            "画.txt",
            "attachment; filename=\"_.txt\"; filename*=UTF-8''%E7%94%BB.txt",
        ),
    ] {
        let answer = post_named(&site, disposition).await;
        assert_eq!(answer.status(), StatusCode::CREATED, "{disposition}");
        let file: Value = answer.json().await.unwrap();
        assert_eq!(file["originalName"], name);
        let download = site.get(&format!("/files/{}/download", file["id"].as_str().unwrap())).await;
        assert_eq!(header(download.headers(), "content-disposition"), sent_back);
    }
}
