import Gossip
import Net

/// `GET /openapi.json` of a coordinator: its own sections, and what every role answers.
enum CoordinatorDescription {
  static func json() -> [UInt8] {
    var document = OpenAPIDocument(title: "Ignareo coordinator", version: Release.version, description: about)
    document.add(batchesSection)
    document.add(openBatchesSection)
    document.add(resultsSection)
    document.add(poolsSection)
    document.add(statusSection)
    document.add(submissionSchemas)
    document.add(batchSchemas)
    document.add(OpenAPIDocument.taskSection)
    document.add(NodesReport.openAPISection)
    document.add(KeysView.openAPISection)
    document.add(OpenAPIDocument.processSection)
    return document.json(
      routes: CoordinatorRoute.Template.allCases.map { OpenAPIDocument.Route(path: $0.path, methods: $0.methods) })
  }

  private static let about = """
    The head of the cluster: it takes batches of tasks, sends the tasks to nodes, and keeps their results. Every \
    request is answered: an unknown path with 404, a method that a path does not know with 405 and `Allow`. Errors are \
    `application/problem+json` (RFC 9457). Times are RFC 3339 in UTC. Which task types there are, and what each takes \
    as its arguments, the nodes say: `GET /task-types`.
    """
}
