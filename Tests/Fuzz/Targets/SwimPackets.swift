import Swim

/// Datagrams: whatever they hold is either a message or a fault, and a message that is written reads again to the same.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  let contents = Packet.decode(bytes)
  require(contents.messages.count + contents.faults.count > 0, "a datagram that says nothing")
  for fault in contents.faults { require(fault.offset >= 0 && !fault.description.isEmpty, "a fault before its bytes") }
  let messages = contents.messages
  for message in messages.prefix(64) {
    let encoded = message.encoded
    guard encoded.count <= Swim.Limits.packetBytesRead else { continue }
    let again = Packet.decode(encoded)
    require(again.messages == [message] && again.faults.isEmpty, "\(message) reads otherwise once written: \(again)")
  }
  if (1...Swim.Limits.compoundParts).contains(messages.count),
    messages.allSatisfy({ $0.encoded.count < 512 })
  {
    let again = Packet.decode(Packet.encode(messages))
    require(again.messages == messages && again.faults.isEmpty, "a compound reads otherwise once written")
  }
  if let (label, rest) = try? LabelHeader.split(bytes[...]) {
    require(LabelHeader.encode(Array(label)) + rest == bytes, "a label's header is written otherwise")
  }
  if let frame = try? EncryptionFrame.split(bytes[...]) {
    require(frame.nonce.count == 12 && frame.tag.count == 16 && frame.tag.upperBound == bytes.count, "an odd frame")
    _ = try? EncryptionFrame.unpad(bytes, version: frame.version)
  }
  return 0
}
