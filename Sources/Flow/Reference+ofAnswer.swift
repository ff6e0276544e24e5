internal import Substitution

extension Reference {
  /// As it is meant where the variable is an answer. Header fields' names have no case and stand there in lower case; a
  /// part of a body is a part of its JSON.
  var ofAnswer: Reference {
    guard tokens.count > 1 else { return self }
    var reference = self
    if tokens[0] == ResponseMember.headers.rawValue { reference.tokens[1] = tokens[1].lowercased() }
    if tokens[0] == ResponseMember.body.rawValue { reference.tokens[0] = ResponseMember.json.rawValue }
    return reference
  }
}
