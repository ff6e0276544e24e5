import JSON

/// The host that a task turns to first: what `"key":"@host"` stands for.
enum FirstURL {
  static func host(type: String, args: JSONValue?) -> String? {
    guard let args else { return nil }
    if type == "flow" { return args["steps"]?.elements.flatMap { firstURL(of: $0, args) }.flatMap(host(ofURL:)) }
    return args["url"]?.string.flatMap(host(ofURL:))
  }

  private static func firstURL(of steps: [JSONValue], _ args: JSONValue) -> String? {
    for step in steps {
      for verb in ["get", "head", "post", "put", "patch", "delete"] {
        if let url = (step[verb] ?? step["poll"]?[verb])?.string { return substituting(args["vars"], in: url) }
      }
    }
    return nil
  }

  /// `{{name}}` becomes the variable's text; what a later step would give is not known yet.
  private static func substituting(_ variables: JSONValue?, in url: String) -> String {
    var url = url
    variables?.forEachMember { key, value in
      guard let text = value.string else { return }
      url = replacing("{{\(key.string)}}", with: text, in: url)
    }
    return url
  }

  private static func replacing(_ pattern: String, with text: String, in url: String) -> String {
    var result: [UInt8] = []
    let (bytes, wanted) = (Array(url.utf8), Array(pattern.utf8))
    var place = 0
    while place < bytes.count {
      if bytes[place...].starts(with: wanted) {
        result += text.utf8
        place += wanted.count
      } else {
        result.append(bytes[place])
        place += 1
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The host of an absolute URL (RFC 3986, section 3.2.2) in lower case, without port and user.
  static func host(ofURL url: String) -> String? {
    let bytes = Array(url.utf8)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), bytes[colon...].starts(with: "://".utf8) else {
      return nil
    }
    let rest = bytes[(colon + 3)...]
    var authority = rest.prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    if let at = authority.lastIndex(of: UInt8(ascii: "@")) { authority = authority[(at + 1)...] }
    if authority.first == UInt8(ascii: "[") {
      guard let close = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
      authority = authority[...close]
    } else {
      authority = authority.prefix { $0 != UInt8(ascii: ":") }
    }
    let host = String(decoding: authority, as: UTF8.self).lowercased()
    return host.isEmpty || host.contains("{{") ? nil : host
  }
}
