/// What a client takes: its Accept field, RFC 9110, section 12.5.1. No field, or an empty one, takes everything.
package struct AcceptedTypes: Sendable {
  private struct Range {
    let type: String
    let subtype: String
    /// 0 to 1000.
    let quality: Int

    var specificity: Int { type == "*" ? 0 : subtype == "*" ? 1 : 2 }

    func covers(_ media: MediaType) -> Bool {
      (type == "*" || type == media.type) && (subtype == "*" || subtype == media.subtype)
    }
  }

  private var ranges: [Range] = []

  package init(_ accept: String?) {
    for part in MediaType.split(Array((accept ?? "").utf8), at: Octet.comma) {
      // What cannot be read takes nothing, and hinders nothing else.
      guard let media = MediaType(String(decoding: part, as: UTF8.self)) else { continue }
      ranges.append(Range(type: media.type, subtype: media.subtype, quality: Self.quality(media["q"])))
    }
  }

  /// How welcome the type is, from 0 (not at all) to 1000. The most specific range that covers it counts.
  package func quality(of media: MediaType) -> Int {
    if ranges.isEmpty { return 1000 }
    return ranges.filter { $0.covers(media) }.max { $0.specificity < $1.specificity }?.quality ?? 0
  }

  package func contains(_ media: MediaType) -> Bool { quality(of: media) > 0 }

  /// The most welcome of the offers, the first one of equals; nil when none is welcome.
  package func best(of offers: [MediaType]) -> MediaType? {
    var best: (media: MediaType, quality: Int)?
    for offer in offers {
      let quality = quality(of: offer)
      if quality > best?.quality ?? 0 { best = (offer, quality) }
    }
    return best?.media
  }

  /// `0.125` is 125; nothing, or what is no quality, is 1000.
  private static func quality(_ text: String?) -> Int {
    guard let text, let value = Double(text), value >= 0, value <= 1 else { return 1000 }
    return Int(value * 1000 + 0.5)
  }
}

extension HTTPHeaders {
  /// Nil when there is no Content-Type, or what it says is no media type.
  package var contentType: MediaType? { self["content-type"].flatMap { MediaType($0) } }

  package var accept: AcceptedTypes { AcceptedTypes(self["accept"]) }
}
