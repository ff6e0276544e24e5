import Swim
import Testing

@Suite("msgpack as others may write it")
struct LiberalReadingTests {
  private func ping(_ hex: String) -> Ping? {
    let contents = Packet.decode([UInt8](hex: "00" + hex))
    guard contents.faults.isEmpty, case .ping(let ping)? = contents.messages.first else { return nil }
    return ping
  }

  @Test(
    "a ping reads the same in every form",
    arguments: [
      "82a44e6f6465a161a55365714e6f07",
      // The keys the other way round; with an unknown one that holds a map; followed by more bytes.
      "82a55365714e6f07a44e6f6465a161",
      "83a17881a179cb0000000000000000a44e6f6465a161a55365714e6f07",
      "82a44e6f6465a161a55365714e6f07ffff",
      // Text and keys as str8, str16 and bin8; numbers of 8 to 64 bits, signed ones too.
      "82d9044e6f6465d90161c4055365714e6fcc07",
      "82da00044e6f6465da000161a55365714e6fcd0007",
      "82a44e6f6465c40161a55365714e6fce00000007",
      "82a44e6f6465c5000161a55365714e6fcf0000000000000007",
      "82a44e6f6465db0000000161a55365714e6fd007",
      "82a44e6f6465a161a55365714e6fd30000000000000007",
      // map16; an array in the order of declaration; optional fields as nil.
      "de0002a44e6f6465a161a55365714e6f07",
      "9207a161",
      "85a44e6f6465a161a55365714e6f07aa536f7572636541646472c0aa536f757263654e6f6465c0aa536f75726365506f7274c0",
    ])
  func forms(_ hex: String) { #expect(ping(hex) == Ping(sequence: 7, node: "a")) }

  @Test("missing fields are empty")
  func missing() {
    #expect(ping("80") == Ping(sequence: 0, node: ""))
    #expect(ping("81a44e6f6465c0") == Ping(sequence: 0, node: ""))
  }

  @Test("a vector may be raw, bin or an array of small integers")
  func vectorForms() {
    for form in ["a6010502000000", "c406010502000000", "96010502000000", "dc0006010502000000"] {
      let contents = Packet.decode([UInt8](hex: "0482a441646472a47f000001a356736e" + form))
      guard case .alive(let claim)? = contents.messages.first else {
        Issue.record("\(form): \(contents.faults)")
        continue
      }
      #expect(claim.versions == .plain)
    }
  }

  @Test("a flag may be a bool or an integer, a payload nil, empty or full")
  func others() {
    for (form, flag) in [("c3", true), ("01", true), ("c2", false), ("00", false), ("c0", false)] {
      let contents = Packet.decode([UInt8](hex: "0182a44e61636b" + form + "a6546172676574a47f000001"))
      guard case .indirectPing(let request)? = contents.messages.first else {
        Issue.record("\(contents.faults)")
        continue
      }
      #expect(request.wantsNack == flag)
    }
  }

  @Test("an address of 16 bytes is kept apart from the same in 4")
  func mapped() {
    let mapped = Swim.Address(ipBytes: [UInt8](hex: "00000000000000000000ffff7f000001"), port: 1)
    #expect(mapped != Swim.Address(version4: 0x7f00_0001, port: 1))
    #expect(mapped?.description == "[::ffff:7f00:1]:1")
    #expect(
      Swim.Address(ipBytes: [UInt8](hex: "20010db8000000000000000000000001"), port: 80)?.description
        == "[2001:db8::1]:80")
    #expect(Swim.Address(ipBytes: Array(repeating: 0, count: 16), port: 0)?.description == "[::]:0")
    #expect(Swim.Address(ipBytes: [1, 2, 3], port: 1) == nil)
  }
}
