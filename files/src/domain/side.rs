/// The longest side of a thumbnail, of a closed list: whatever is asked for again is the same picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Side(u32);

impl Side {
    /// In pixels.
    pub const ALL: [u32; 3] = [64, 256, 1024];

    /// One of the list.
    pub fn of(pixels: u32) -> Option<Self> {
        Self::ALL.contains(&pixels).then_some(Side(pixels))
    }

    /// In pixels.
    pub fn pixels(self) -> u32 {
        self.0
    }
}
