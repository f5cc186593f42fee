//! Flow control by credit: who sends has a window, who receives opens it again as the bytes are dealt with.
//! It does not know what the bytes are.

use thiserror::Error;

/// How many bytes may be under way in one flow before the first credit comes.
pub const WINDOW: u32 = 256 * 1024;
/// The most bytes in one piece: what matters more never waits long behind a piece.
pub const PIECE: usize = 32 * 1024;

/// A content that is longer is not sent before the first credit: it may be there already.
pub const AT_ONCE: u64 = PIECE as u64;

/// The sender's side of a flow.
#[derive(Debug)]
pub struct Outgoing {
    open: u32,
}

/// The receiver's side of a flow.
#[derive(Debug)]
pub struct Incoming {
    open: u32,
    /// Dealt with and not yet told.
    done: u32,
}

/// The other end has sent more than it was given credit for, or given more credit than there can be.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("flow control violated")]
pub struct Overrun;

impl Default for Outgoing {
    fn default() -> Outgoing {
        Outgoing { open: WINDOW }
    }
}

impl Outgoing {
    /// Returns the window of a content of this length.
    pub fn of_content(size: u64) -> Outgoing {
        let open = if size > AT_ONCE { 0 } else { WINDOW };
        Outgoing { open }
    }

    /// Returns how many bytes may be sent in one piece now, 0 to wait for credit.
    pub fn next_piece(&self) -> usize {
        PIECE.min(self.open as usize)
    }

    /// Counts a piece of at most [`Outgoing::next_piece`] bytes as sent.
    pub fn sent(&mut self, bytes: usize) {
        self.open = self
            .open
            .saturating_sub(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    /// Adds credit.
    ///
    /// # Errors
    /// More than was ever sent.
    pub fn credit(&mut self, bytes: u32) -> Result<(), Overrun> {
        match self.open.checked_add(bytes) {
            Some(open) if open <= WINDOW => self.open = open,
            _ => return Err(Overrun),
        }
        Ok(())
    }
}

impl Default for Incoming {
    fn default() -> Incoming {
        Incoming {
            open: WINDOW,
            done: 0,
        }
    }
}

impl Incoming {
    /// Counts a piece that has come.
    ///
    /// # Errors
    /// There was no credit for it.
    pub fn received(&mut self, bytes: usize) -> Result<(), Overrun> {
        let bytes = u32::try_from(bytes).map_err(|_| Overrun)?;
        self.open = self.open.checked_sub(bytes).ok_or(Overrun)?;
        Ok(())
    }

    /// Counts bytes as dealt with. Returns the credit to give now: little ones are put together.
    pub fn dealt_with(&mut self, bytes: usize) -> Option<u32> {
        self.done += u32::try_from(bytes).unwrap_or(u32::MAX);
        if self.done < WINDOW / 2 {
            return None;
        }
        let credit = std::mem::take(&mut self.done);
        self.open += credit;
        Some(credit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::proptest;

    #[test]
    fn who_oversteps_is_found_out() {
        let mut incoming = Incoming::default();
        assert_eq!(incoming.received(WINDOW as usize), Ok(()));
        assert_eq!(incoming.received(1), Err(Overrun));
        let mut outgoing = Outgoing::default();
        assert_eq!(outgoing.credit(1), Err(Overrun));
        outgoing.sent(10);
        assert_eq!(outgoing.credit(u32::MAX), Err(Overrun));
        assert_eq!(outgoing.credit(10), Ok(()));
    }

    proptest! {
        #[test]
        fn a_flow_never_stalls_and_never_holds_more_than_its_window(
            sizes in proptest::collection::vec(1_usize..100_000, 1..60),
        ) {
            let (mut outgoing, mut incoming) = (Outgoing::default(), Incoming::default());
            let mut under_way = 0;
            for mut size in sizes {
                while size > 0 {
                    let piece = outgoing.next_piece().min(size);
                    if piece == 0 {
                        let credit = incoming.dealt_with(under_way);
                        under_way = 0;
                        outgoing.credit(credit.unwrap()).unwrap();
                        continue;
                    }
                    outgoing.sent(piece);
                    incoming.received(piece).unwrap();
                    under_way += piece;
                    assert!(under_way <= WINDOW as usize);
                    size -= piece;
                }
            }
        }
    }
}
