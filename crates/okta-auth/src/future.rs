//! `BoxFuture`: what an asynchronous method of a trait gives back, where the trait is also used as `dyn`.

use std::future::Future;
use std::pin::Pin;

/// A future in a box: `Box::pin(async move { … })` makes one. The same type as `futures::future::BoxFuture`.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
