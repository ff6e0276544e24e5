package import JSON
internal import Substitution

/// A flow as data, checked wholly: every verb, field, name, pattern and pointer, before anything is sent.
package struct FlowPlan: Sendable {
  let steps: [Step]
  /// Filled in already.
  let variables: Variables
  let value: Template?
  /// By variable: the parts of its answer that something refers to, so that nothing else is kept.
  let needs: [String: Set<ResponseMember>]

  /// Reads a flow's arguments: `{"vars":{…},"steps":[…],"return":…}`.
  ///
  /// - Throws: `FlowRefusal` with the pointer of the step at fault.
  package init(_ arguments: JSONValue, rules: RequestRules) throws(FlowRefusal) {
    var reader = PlanReader(rules: rules)
    let fields = try reader.fields(
      of: PlanReader.Field(value: arguments, place: ""), known: ["vars", "steps", "return"])
    if let field = fields["vars"] { try reader.readVariables(field) }
    variables = reader.constants.variables
    guard let field = fields["steps"] else {
      throw FlowRefusal(pointer: "", message: "/steps is missing: the list of what the flow does")
    }
    steps = try reader.readSteps(field)
    value = try fields["return"].map { field throws(FlowRefusal) in
      reader.step = "/return"
      return try reader.template(field)
    }
    needs = reader.needs
  }

  /// May it run again when nobody knows how far it came? If each of its requests may be made again.
  package var isRepeatable: Bool { steps.allSatisfy { $0.request?.verb.isIdempotent ?? true } }
}
