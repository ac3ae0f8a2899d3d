//! Time. The only module that reads the system's clock, so that tests can set the time.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A moment, in microseconds since the Unix epoch. Shown as RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From seconds since the Unix epoch.
    #[must_use]
    pub const fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the Unix epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The moment this much later.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }

    /// The moment this much earlier.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

/// Reads RFC 3339.
impl FromStr for Timestamp {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<jiff::Timestamp>()
            .map(|moment| Self(moment.as_microsecond()))
            .map_err(|_| format!("not an RFC 3339 time: {text}"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A clock: the system's, or one that a test sets.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    fixed: Option<Arc<Fixed>>,
}

/// A clock that a test sets.
#[derive(Debug)]
struct Fixed {
    now: AtomicI64,
    /// What [`Clock::steady`] says.
    steady: AtomicI64,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self { fixed: None }
    }

    /// A clock that stays at `at` until it is set.
    #[must_use]
    pub fn fixed(at: Timestamp) -> Self {
        Self { fixed: Some(Arc::new(Fixed { now: AtomicI64::new(at.0), steady: AtomicI64::new(0) })) }
    }

    /// Sets a fixed clock; the system's clock is left alone.
    pub fn set(&self, at: Timestamp) {
        if let Some(fixed) = &self.fixed {
            let before = fixed.now.swap(at.0, Ordering::Relaxed);
            fixed.steady.fetch_add(at.0.saturating_sub(before).max(0), Ordering::Relaxed);
        }
    }

    /// Sets a fixed clock as a user sets the system's: the steady clock does not move.
    #[cfg(test)]
    pub fn jump(&self, at: Timestamp) {
        if let Some(fixed) = &self.fixed {
            fixed.now.store(at.0, Ordering::Relaxed);
        }
    }

    /// Microseconds since an arbitrary moment, unaffected by changes of the clock.
    #[must_use]
    pub fn steady(&self) -> i64 {
        if let Some(fixed) = &self.fixed {
            return fixed.steady.load(Ordering::Relaxed);
        }
        // Unlike the monotonic clock, this one continues while the machine sleeps.
        #[cfg(target_os = "linux")]
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        #[cfg(not(target_os = "linux"))]
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000)
    }

    /// The present time, which jumps when the system's clock is set; [`Clock::steady`] does not.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        match &self.fixed {
            Some(fixed) => Timestamp(fixed.now.load(Ordering::Relaxed)),
            None => Timestamp(
                std::time::SystemTime::now()
                    .duration_since(std::time::UNIX_EPOCH)
                    .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_rfc_3339_with_milliseconds_and_read_back() {
        let at = Timestamp::from_micros(1_779_971_696_789_123);
        assert_eq!(at.to_string(), "2026-05-28T12:34:56.789Z");
        assert_eq!("2026-05-28T12:34:56.789123Z".parse(), Ok(at));
        assert!("yesterday".parse::<Timestamp>().is_err());
        assert_eq!(serde_json::to_string(&at).unwrap(), "\"2026-05-28T12:34:56.789Z\"");
        assert_eq!(serde_json::from_str::<Timestamp>("\"2026-05-28T12:34:56.789123Z\"").unwrap(), at);
        assert_eq!(Timestamp::from_micros(i64::MAX).to_string(), format!("{}us", i64::MAX));
    }

    #[test]
    fn a_moment_is_counted_in_three_units_and_moved_by_durations() {
        let at = Timestamp::from_micros(-1_500_001);
        assert_eq!((at.as_micros(), at.as_millis(), at.as_secs()), (-1_500_001, -1_501, -2));
        let (one, two) = (Timestamp::from_secs(1), Timestamp::from_secs(2));
        assert_eq!((two.since(one), one.since(two)), (Duration::from_secs(1), Duration::ZERO));
        assert_eq!((one.plus(Duration::from_secs(1)), two.minus(Duration::from_secs(1))), (two, one));
        assert_eq!(one.plus(Duration::MAX).as_micros(), i64::MAX);
    }

    #[test]
    fn a_clock_that_is_set_stands_still_and_only_forward_is_time_that_passes() {
        let clock = Clock::fixed(Timestamp::from_secs(100));
        assert_eq!((clock.now(), clock.steady()), (Timestamp::from_secs(100), 0));
        clock.set(Timestamp::from_secs(103));
        assert_eq!((clock.now(), clock.steady()), (Timestamp::from_secs(103), 3_000_000));
        clock.set(Timestamp::from_secs(90));
        clock.jump(Timestamp::from_secs(200));
        assert_eq!((clock.now(), clock.steady()), (Timestamp::from_secs(200), 3_000_000));
    }

    #[test]
    fn the_systems_clock_goes_on() {
        let clock = Clock::system();
        assert!(clock.now() > Timestamp::from_secs(1_700_000_000));
        clock.set(Timestamp::default());
        assert!(clock.now() > Timestamp::from_secs(1_700_000_000));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_time_that_passes_counts_from_the_start_of_the_machine() {
        let uptime = || {
            let text = std::fs::read_to_string("/proc/uptime").unwrap();
            text.split(' ').next().unwrap().parse::<f64>().unwrap()
        };
        let before = uptime();
        let steady = Clock::system().steady();
        let seconds = Duration::from_micros(u64::try_from(steady).unwrap()).as_secs_f64();
        // What the kernel writes has two decimals.
        assert!((before..=uptime() + 0.01).contains(&seconds), "{seconds}");
    }
}
