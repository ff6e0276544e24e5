package import HTTP
import Swim

/// Which members a request for `/nodes` wants: `?state=alive&role=node&tag=zone=a`.
///
/// Several states or roles mean any of them (repeated, or as a comma list), several tags all of them.
package struct NodesFilter: Equatable, Sendable {
  package var states: Set<String>
  package var roles: Set<String>
  package var tags: [String]

  package static let everything = NodesFilter(states: [], roles: [], tags: [])

  package init(states: Set<String>, roles: Set<String>, tags: [String]) {
    (self.states, self.roles, self.tags) = (states, roles, tags)
  }

  /// - Throws: for a filter, a state or a role that does not exist, and for a tag without `=`: an empty list would hide
  ///   a slip, and a full one as well.
  package init(_ query: Query) throws(NodesFilterError) {
    let known = ["state", "role", "tag"]
    if let odd = query.items.first(where: { !known.contains($0.name) }) {
      throw NodesFilterError(text: "'\(odd.name)' is no filter; these are: \(known.joined(separator: ", "))")
    }
    states = try Self.names(query, "state", of: MemberState.allCases.map { "\($0)" })
    roles = try Self.names(query, "role", of: ClusterOptions.Role.allCases.map(\.rawValue) + ["other"])
    tags = query.values("tag")
    for tag in tags where !tag.contains("=") {
      throw NodesFilterError(text: "tag '\(tag)' is not of the form KEY=VALUE")
    }
  }

  package func matches(_ member: ClusterMember) -> Bool {
    (states.isEmpty || states.contains("\(member.state)")) && (roles.isEmpty || roles.contains(member.meta.roleName))
      && tags.allSatisfy { tag in
        let parts = tag.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        return member.meta.tags[String(parts[0])] == String(parts[1])
      }
  }

  private static func names(
    _ query: Query, _ name: String, of known: [String]
  ) throws(NodesFilterError) -> Set<String> {
    let given = query.values(name).flatMap { $0.split(separator: ",") }.map(String.init)
    for value in given where !known.contains(value) {
      throw NodesFilterError(text: "\(name) '\(value)' is none of \(known.joined(separator: ", "))")
    }
    return Set(given)
  }
}

package struct NodesFilterError: Error, Equatable {
  package let text: String
}
