import Swim

/// Streams: the pieces make no difference, and a message that is written reads again to the same.
@c(LLVMFuzzerTestOneInput)
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = input(start, count)
  for readsLabel in [true, false] {
    let whole = heard(bytes, .whole, readsLabel)
    require(heard(bytes, .single, readsLabel) == whole, "single bytes say something else")
    require(heard(bytes, .uneven, readsLabel) == whole, "uneven pieces say something else")
    for case .event(let event) in whole {
      switch event {
      case .label(let label): require((1...255).contains(label.count), "a label of no length")
      case .encrypted(let header, let frame): require(header.count == 5 && frame.count >= 29, "an odd frame")
      case .skipped(let skipped): require(skipped.count > 0, "nobody was left out")
      case .message(let message):
        let again = heard(message.encoded, .whole, false)
        require(again == [.event(.message(message))], "\(message) reads otherwise once written: \(again)")
      }
    }
  }
  // What a frame holds, once it is decrypted, reads as it would in the clear.
  let inner: Heard
  do throws(WireError) {
    inner = .event(.message(try StreamDecoder.decode(decrypted: bytes).message))
  } catch {
    inner = .failed(error)
  }
  if case .event = inner { require(heard(bytes, .whole, false).last == inner, "decrypted bytes say something else") }
  return 0
}

private enum Heard: Equatable {
  case event(StreamDecoder.Event)
  case failed(WireError)
}

private func heard(_ bytes: [UInt8], _ cut: Cut, _ readsLabel: Bool) -> [Heard] {
  var decoder = StreamDecoder(readsLabel: readsLabel)
  var all: [Heard] = []
  do throws(WireError) {
    for piece in cut.pieces(bytes) {
      decoder.append(piece)
      while let event = try decoder.next() { all.append(.event(event)) }
    }
  } catch {
    all.append(.failed(error))
  }
  return all
}
