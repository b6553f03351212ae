//! Two sides of one comparison, so that no function takes `foo_a, foo_b`.

/// Which of the two compared images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The first argument.
    A,
    /// The second argument.
    B,
}

impl Side {
    /// Both sides in order.
    pub const BOTH: [Side; 2] = [Side::A, Side::B];

    /// The other side.
    pub fn other(self) -> Side {
        match self {
            Side::A => Side::B,
            Side::B => Side::A,
        }
    }

    /// `a` or `b`, as every output names it.
    pub fn name(self) -> &'static str {
        match self {
            Side::A => "a",
            Side::B => "b",
        }
    }
}

/// The same thing of each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Pair<T> {
    /// Of the first image.
    pub a: T,
    /// Of the second image.
    pub b: T,
}

impl<T> Pair<T> {
    /// The pair of `a` and `b`.
    pub fn new(a: T, b: T) -> Self {
        Pair { a, b }
    }

    /// References to both.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { a: &self.a, b: &self.b }
    }

    /// Mutable references to both.
    pub fn as_mut(&mut self) -> Pair<&mut T> {
        Pair { a: &mut self.a, b: &mut self.b }
    }

    /// `f` applied to both, `a` first.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Pair<U> {
        Pair { a: f(self.a), b: f(self.b) }
    }

    /// The one of `side`.
    pub fn get(&self, side: Side) -> &T {
        match side {
            Side::A => &self.a,
            Side::B => &self.b,
        }
    }

    /// The one of `side`, mutable.
    pub fn get_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::A => &mut self.a,
            Side::B => &mut self.b,
        }
    }

    /// `a` and `b` exchanged.
    pub fn swap(self) -> Self {
        Pair { a: self.b, b: self.a }
    }
}

impl<T: PartialEq> Pair<T> {
    /// Whether both are equal.
    pub fn same(&self) -> bool {
        self.a == self.b
    }
}
