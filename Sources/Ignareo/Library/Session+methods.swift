// MARK: The methods by name

/// `request` with the method in its name; see there for what the parameters mean.
extension Session {
  public func get(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("GET", url, query: query, headers: headers, timeout: timeout)
  }

  public func head(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("HEAD", url, query: query, headers: headers, timeout: timeout)
  }

  public func delete(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("DELETE", url, query: query, headers: headers, timeout: timeout)
  }

  public func post(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:], body: Body = .none,
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("POST", url, query: query, headers: headers, body: body, timeout: timeout)
  }

  public func post(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("POST", url, query: query, headers: headers, json: json, timeout: timeout)
  }

  public func put(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:], body: Body = .none,
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PUT", url, query: query, headers: headers, body: body, timeout: timeout)
  }

  public func put(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PUT", url, query: query, headers: headers, json: json, timeout: timeout)
  }

  public func patch(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:], body: Body = .none,
    timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PATCH", url, query: query, headers: headers, body: body, timeout: timeout)
  }

  public func patch(
    _ url: String, query: [(name: String, value: String)] = [], headers: [String: String] = [:],
    json: some Encodable & Sendable, timeout: Duration? = nil
  ) async throws -> Response {
    try await request("PATCH", url, query: query, headers: headers, json: json, timeout: timeout)
  }
}
