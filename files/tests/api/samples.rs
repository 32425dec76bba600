//! Small files of every kind that is taken, made by hand. Shared with the tests of the domain.

/// The smallest honest file with this extension.
pub fn of(extension: &str) -> Vec<u8> {
    match extension {
        "jpg" | "jpeg" => jpeg(),
        "png" => png(),
        "gif" => gif(),
        "pdf" => b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF".to_vec(),
        "doc" => compound(&["WordDocument", "1Table"]),
        "xls" => compound(&["Workbook"]),
        "docx" => archive(&["[Content_Types].xml", "_rels/.rels", "word/document.xml"]),
        "xlsx" => archive(&["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"]),
        "txt" => "L'imprimante du 2ᵉ étage est en panne.\n".into(),
        other => panic!("no sample of {other}"),
    }
}

/// The smallest picture with this extension that says it is so large. (A PNG's checksum is not made anew.)
pub fn sized(extension: &str, width: u16, height: u16) -> Vec<u8> {
    let mut bytes = of(extension);
    let [w, h] = [width, height].map(u16::to_be_bytes);
    match extension {
        "jpg" => bytes[25..29].copy_from_slice(&[h, w].concat()),
        "png" => bytes[16..24].copy_from_slice(&[&[0, 0], &w[..], &[0, 0], &h].concat()),
        "gif" => {
            let [w, h] = [width, height].map(u16::to_le_bytes);
            bytes[6..10].copy_from_slice(&[w, h].concat());
        }
        other => panic!("{other} is no picture"),
    }
    bytes
}

fn png() -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    // One grey pixel. The checksums are right: other programs open it too.
    bytes.extend(b"\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0\x3a\x7e\x9b\x55");
    bytes.extend(b"\0\0\0\x0aIDAT\x78\x9c\x63\x60\0\0\0\x02\0\x01\x48\xaf\xa4\x71");
    bytes.extend(b"\0\0\0\0IEND\xae\x42\x60\x82");
    bytes
}

fn gif() -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    bytes.extend(b"\x21\xf9\x04\x01\0\0\0\0");
    bytes.extend(b"\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x3b");
    bytes
}

fn jpeg() -> Vec<u8> {
    let mut bytes = b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
    // A frame of one pixel, a scan with a stuffed byte and a restart marker in it, the end.
    bytes.extend(b"\xff\xc0\0\x0b\x08\0\x01\0\x01\x01\x01\x11\0");
    bytes.extend(b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x37\xff\0\xff\xd0\x12\xff\xd9");
    bytes
}

/// An archive of empty entries with these names, stored.
pub fn archive(names: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut directory: Vec<u8> = Vec::new();
    for name in names {
        let at = (bytes.len() as u32).to_le_bytes();
        let length = (name.len() as u16).to_le_bytes();
        bytes.extend(b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        bytes.extend(length.iter().chain(&[0, 0]).chain(name.as_bytes()));
        directory.extend(b"PK\x01\x02\x14\0\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
        directory.extend(length.iter().chain(&[0; 12]).chain(&at).chain(name.as_bytes()));
    }
    let count = (names.len() as u16).to_le_bytes();
    let (size, at) = ((directory.len() as u32).to_le_bytes(), (bytes.len() as u32).to_le_bytes());
    bytes.extend(directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    bytes.extend(count.iter().chain(&count).chain(&size).chain(&at).chain(&[0, 0]));
    bytes
}

/// A compound file (version 3, sectors of 512 bytes) with these empty streams.
pub fn compound(streams: &[&str]) -> Vec<u8> {
    let sectors = (streams.len() + 1).div_ceil(4);
    let mut header = vec![0; 512];
    header[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    header[24..32].copy_from_slice(&[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0]);
    header[44..52].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    header[60..76].copy_from_slice(b"\xFE\xFF\xFF\xFF\0\0\0\0\xFE\xFF\xFF\xFF\0\0\0\0");
    header[80..].fill(0xFF);
    // Sector 0 is the table; the directory follows from sector 1 on.
    let mut table = vec![0xFF; 512];
    table[..4].copy_from_slice(&0xFFFF_FFFD_u32.to_le_bytes());
    for sector in 1..=sectors {
        let next = if sector == sectors { 0xFFFF_FFFE } else { sector as u32 + 1 };
        table[4 * sector..4 * sector + 4].copy_from_slice(&next.to_le_bytes());
    }
    let mut directory = vec![0; 512 * sectors];
    for (entry, (name, kind)) in
        [("Root Entry", 5)].into_iter().chain(streams.iter().map(|s| (*s, 2))).enumerate()
    {
        let entry = &mut directory[128 * entry..128 * (entry + 1)];
        let name: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry[..name.len()].copy_from_slice(&name);
        entry[64] = name.len() as u8 + 2;
        entry[66] = kind;
    }
    [header, table, directory].concat()
}
