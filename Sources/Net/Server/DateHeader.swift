import Clockwork
import HTTP

/// The `Date` of an answer, remembered for the second that it names.
struct DateHeader {
  private var second: Int64 = -1
  private var remembered: [UInt8] = []

  mutating func bytes(at time: Timestamp) -> [UInt8] {
    let second = time.milliseconds / 1000
    if second != self.second {
      remembered = HTTPDate.bytes(unixSeconds: second)
      self.second = second
    }
    return remembered
  }
}
