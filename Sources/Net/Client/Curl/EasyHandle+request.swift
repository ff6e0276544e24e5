import CCurl
import HTTP

extension EasyHandle {
  /// Makes the handle ready to be added: what differs from request to request, and the shape where it does.
  ///
  /// - Parameter names: entries for libcurl's cache of names (`host:port:address,…`; `-host:port` forgets).
  func load(_ transfer: HTTPTransfer, _ configuration: HTTPClientConfiguration, names: [String]) {
    load(transfer.request, configuration)
    self.transfer = transfer
    self.names = names
    if !names.isEmpty {
      addressList = Self.list(names)
      shim_set_list(easy, CURLOPT_RESOLVE, addressList)
    }
  }

  private func load(_ request: HTTPClientRequest, _ configuration: HTTPClientConfiguration) {
    let wanted = EasyShape(request)
    if shape != wanted {
      wanted.apply(to: self, configuration)
      (headerLines, url) = ([], "")
      curl_slist_free_all(headerList)
      headerList = nil
    }
    clearFailureText()
    headReader = ResponseHeadReader()
    if url != request.url {
      url = request.url
      shim_set_string(easy, CURLOPT_URL, url)
    }
    let lines = wireHeaders(of: request, hasBody: wanted.hasBody)
    if lines != headerLines {
      shim_set_list(easy, CURLOPT_HTTPHEADER, nil)
      curl_slist_free_all(headerList)
      headerList = Self.list(lines)
      headerLines = lines
      shim_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }
    if wanted.hasBody { loadBody(request.body) }
    if let cookies = request.cookies { shim_set_pointer(easy, CURLOPT_SHARE, cookies.share) }
  }

  /// Lets go of all that belongs to the transfer, after the handle was removed.
  func unload() {
    if shape?.usesCookies == true { shim_set_pointer(easy, CURLOPT_SHARE, nil) }
    if shape?.hasBody == true { shim_set_pointer(easy, CURLOPT_POSTFIELDS, nil) }
    if addressList != nil {
      shim_set_list(easy, CURLOPT_RESOLVE, nil)
      curl_slist_free_all(addressList)
      addressList = nil
    }
    names = []
    endRelay()
    transfer = nil
  }

  private func loadBody(_ body: HTTPClientRequest.Body) {
    let bytes: [UInt8]
    switch body {
    case .none: bytes = []
    case .bytes(let given): bytes = given
    case .upload(let upload):
      shim_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, upload.byteCount ?? -1)
      shim_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
      return
    }
    shim_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, bytes.count)
    if bytes.isEmpty {
      shim_set_string(easy, CURLOPT_COPYPOSTFIELDS, "")
    } else if bytes.count <= ClientLimits.copiedBodyBytes {
      _ = bytes.withUnsafeBytes {
        shim_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
      }
    } else {
      shim_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
    }
  }

  private func wireHeaders(of request: HTTPClientRequest, hasBody: Bool) -> [String] {
    var lines: [String] = []
    if request.headers.isEmpty, !hasBody { return lines }
    for (name, value) in request.headers.all where !Self.framing.contains(name.lowercased()) {
      // A header without a value is spelled with a semicolon: with a colon libcurl would leave it out.
      lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
    }
    guard hasBody else { return lines }
    // What libcurl would add by itself: a form's type to any body, and a wait of a second before a large one.
    if !request.headers.contains("Content-Type") { lines.append("Content-Type:") }
    if !request.headers.contains("Expect") { lines.append("Expect:") }
    return lines
  }

  private static let framing: Set = ["content-length", "transfer-encoding"]

  private static func list(_ lines: [String]) -> UnsafeMutablePointer<curl_slist>? {
    var list: UnsafeMutablePointer<curl_slist>?  // Handed to the caller, who frees it.
    for line in lines { list = curl_slist_append(list, line) }
    return list
  }
}
