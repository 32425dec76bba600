//! Small pictures of pictures.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, RgbImage};
use reqwest::StatusCode;
use serde_json::Value;
use shared::testing::World;

use crate::harness::{Site, header, refusal, sample};
use crate::samples::sized;

/// A picture of many colours, red to the left.
fn picture(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(width, height, |x, y| {
        image::Rgb([if x < width / 2 { 250 } else { 5 }, (y * 255 / height) as u8, 40])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A JPEG as a telephone makes one: lying on its side, and saying where it was taken.
fn telephones(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = picture(width, height, ImageFormat::Jpeg);
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0".to_vec();
    exif.extend(b"48.8584 N 2.2945 E");
    let length = (exif.len() as u16 + 2).to_be_bytes();
    bytes.splice(2..2, [&b"\xff\xe1"[..], &length, &exif].concat());
    bytes
}

fn path(file: &Value, query: &str) -> String {
    format!("/files/{}/download{query}", file["id"].as_str().unwrap())
}

async fn shown(site: &Site, file: &Value, size: u32) -> (String, DynamicImage) {
    let answer = site.get(&path(file, &format!("?size={size}"))).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap());
    let mime = header(answer.headers(), "content-type").to_owned();
    (mime, image::load_from_memory(&answer.bytes().await.unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_shown_small_and_never_larger_than_it_is() {
    let site = Site::start().await;
    let wide = site.upload("a.png", "image/png", picture(600, 300, ImageFormat::Png)).await;
    for (size, width, height) in [(64, 64, 32), (256, 256, 128), (1024, 600, 300)] {
        let (mime, small) = shown(&site, &wide, size).await;
        assert_eq!((mime.as_str(), small.width(), small.height()), ("image/png", width, height));
        let small = small.to_rgb8();
        assert!(
            small.get_pixel(2, 2)[0] > 200 && small.get_pixel(width - 3, 2)[0] < 50,
            "it is the same picture"
        );
    }
    let moving = site.upload("a.gif", "image/gif", picture(100, 50, ImageFormat::Gif)).await;
    let (mime, small) = shown(&site, &moving, 64).await;
    assert_eq!((mime.as_str(), small.width(), small.height()), ("image/png", 64, 32));
    let whole = site.get(&path(&wide, "")).await.bytes().await.unwrap();
    assert_eq!(whole, picture(600, 300, ImageFormat::Png), "the original is as it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_its_pixels_is_left_of_the_original_and_it_stands_upright() {
    let site = Site::start().await;
    let original = telephones(400, 200);
    assert!(original.windows(7).any(|window| window == b"48.8584"));
    let file = site.upload("a.jpg", "image/jpeg", original).await;
    let answer = site.get(&path(&file, "?size=64")).await;
    let headers = answer.headers().clone();
    assert_eq!(header(&headers, "content-type"), "image/jpeg");
    assert_eq!(header(&headers, "content-disposition"), "attachment; filename=\"thumbnail.jpg\"");
    assert_eq!(header(&headers, "x-content-type-options"), "nosniff");
    assert!(header(&headers, "content-security-policy").starts_with("sandbox"));
    let bytes = answer.bytes().await.unwrap();
    assert!(!bytes.windows(7).any(|window| window == b"48.8584"));
    assert!(!bytes.windows(4).any(|window| window == b"Exif"));
    let small = image::load_from_memory(&bytes).unwrap();
    assert_eq!((small.width(), small.height()), (32, 64));
    // What was to the left is on top now.
    let small = small.to_rgb8();
    assert!(small.get_pixel(16, 5)[0] > 200 && small.get_pixel(16, 58)[0] < 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_it_already_is_told_so_and_each_size_is_another() {
    let site = Site::start().await;
    let file = site.upload("a.png", "image/png", picture(300, 300, ImageFormat::Png)).await;
    let etag = header(site.get(&path(&file, "?size=64")).await.headers(), "etag").to_owned();
    let known = [("if-none-match", etag.as_str())];
    let same = site.call_with(reqwest::Method::GET, &path(&file, "?size=64"), &site.alice, &known).await;
    assert_eq!((same.status(), header(same.headers(), "etag")), (StatusCode::NOT_MODIFIED, etag.as_str()));
    for other in ["?size=256", ""] {
        let answer = site.call_with(reqwest::Method::GET, &path(&file, other), &site.alice, &known).await;
        assert_eq!(answer.status(), StatusCode::OK, "{other}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_size_that_is_not_offered_or_a_file_that_is_no_picture_is_told_so() {
    let site = Site::start().await;
    let file = site.upload("a.png", "image/png", sample("png")).await;
    for query in
        ["?size=65", "?size=0", "?size=-64", "?size=nonsense", "?size=", "?size=64&size=256", "?side=64"]
    {
        let answer = site.get(&path(&file, query)).await;
        assert_eq!(refusal(answer).await, (400, "bad_query".to_owned()), "{query}");
    }
    let text = site.upload_text("no picture").await;
    // It walks like a picture, and there is nothing to draw.
    let mut broken = sample("png");
    broken[43..53].fill(0xAA);
    let broken = site.upload("b.png", "image/png", broken).await;
    for file in [text, broken] {
        let problem: Value = site.get(&path(&file, "?size=64")).await.json().await.unwrap();
        assert_eq!(
            (&problem["status"], &problem["errors"][0]["code"]),
            (&422.into(), &"no_thumbnail".into())
        );
        assert_eq!(problem["errors"][0]["field"], "size");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_picture_is_not_there_in_any_size_and_who_looked_is_noted() {
    let site = Site::start().await;
    let file = site.upload("a.png", "image/png", sample("png")).await;
    let stranger = site.world.user("mallory@example.com");
    let answer = site.call(reqwest::Method::GET, &path(&file, "?size=64"), &stranger).await;
    assert_eq!(refusal(answer).await, (404, "not_found".to_owned()));
    shown(&site, &file, 64).await;
    let rows = site.rows("SELECT action FROM file_access_logs").await;
    let actions: Vec<String> = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    assert_eq!(actions, ["thumbnail"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_are_drawn_one_after_the_other() {
    let site = Site::start().await;
    let file = site.upload("a.jpg", "image/jpeg", picture(500, 500, ImageFormat::Jpeg)).await;
    let all = futures_util::future::join_all((0..12).map(|_| shown(&site, &file, 256))).await;
    assert!(all.iter().all(|(_, small)| (small.width(), small.height()) == (256, 256)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_says_it_has_too_many_pixels_is_refused_before_any_is_drawn() {
    let site = Site::with(World::start().await, &[("MAX_IMAGE_PIXELS", "1000000")]).await;
    for (extension, mime) in [("png", "image/png"), ("jpg", "image/jpeg"), ("gif", "image/gif")] {
        for (width, height) in [(65_535, 65_535), (1001, 1000)] {
            let bomb = sized(extension, width, height);
            let answer = site.post(site.form(&format!("a.{extension}"), mime, bomb)).await;
            let problem: Value = answer.json().await.unwrap();
            assert_eq!((&problem["status"], &problem["code"]), (&422.into(), &"validation_failed".into()));
            assert_eq!(problem["errors"][0]["code"], "too_many_pixels", "{extension}");
        }
        let fits = sized(extension, 1000, 999);
        site.upload(&format!("a.{extension}"), mime, fits).await;
    }
    // Ten frames of it are drawn one after the other, more are a burden.
    let of_frames = |count: usize| {
        let mut moving = sized("gif", 1000, 1000);
        let frame = b"\x2c\0\0\0\0\xe8\x03\xe8\x03\0\x02\x02\x44\x01\0";
        let end = moving.len() - 1;
        moving.splice(end..end, frame.repeat(count));
        moving
    };
    let answer = site.post(site.form("a.gif", "image/gif", of_frames(10))).await;
    assert_eq!(refusal(answer).await, (422, "validation_failed".to_owned()));
    site.upload("a.gif", "image/gif", of_frames(8)).await;
    assert_eq!(site.count("uploads").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_unpacks_to_more_than_it_says_costs_no_more_than_it_says() {
    let site = Site::start().await;
    // Nine million black pixels, in a file that says that there is one.
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_luma8(3000, 3000).write_to(&mut bytes, ImageFormat::Png).unwrap();
    let mut bomb = bytes.into_inner();
    bomb[16..24].copy_from_slice(&[0, 0, 0, 1, 0, 0, 0, 1]);
    let checksum = crc32(&bomb[12..29]).to_be_bytes();
    bomb[29..33].copy_from_slice(&checksum);
    let file = site.upload("a.png", "image/png", bomb).await;
    let answer = site.get(&path(&file, "?size=1024")).await;
    if answer.status() == StatusCode::OK {
        let drawn = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
        assert_eq!((drawn.width(), drawn.height()), (1, 1));
    } else {
        assert_eq!(refusal(answer).await, (422, "validation_failed".to_owned()));
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 },
        )
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_persons_picture_was_taken_is_told_to_nobody_and_it_stays_upright() {
    let site = Site::start().await;
    let original = telephones(80, 40);
    let put = site.put_avatar(&site.alice, site.alice.id, "image/jpeg", original.clone()).await;
    let told: Value = put.json().await.unwrap();
    let bytes = site.get(&site.avatar_path()).await.bytes().await.unwrap();
    assert_eq!(told["fileSize"], bytes.len());
    assert!(!bytes.windows(7).any(|window| window == b"48.8584"));
    let mut decoder = image::codecs::jpeg::JpegDecoder::new(Cursor::new(&bytes)).unwrap();
    let orientation = image::ImageDecoder::orientation(&mut decoder).unwrap();
    assert_eq!(orientation, image::metadata::Orientation::Rotate90);
    let [sent, shown] = [&original[..], &bytes].map(|bytes| image::load_from_memory(bytes).unwrap());
    assert_eq!(sent, shown, "to the last pixel");
    // The same one again is the same one.
    let again = site.put_avatar(&site.alice, site.alice.id, "image/jpeg", original).await;
    assert_eq!((again.status(), again.json::<Value>().await.unwrap()), (StatusCode::OK, told));
}
