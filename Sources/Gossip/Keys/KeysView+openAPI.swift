extension KeysView {
  /// `/keys`, the same for every role, as a section of an OpenAPI document.
  package static let openAPISection = #"""
    {"paths":{
      "/keys":{
        "get":{
          "operationId":"get_keys",
          "summary":"the gossip keys that each member holds, by their fingerprints",
          "tags":["cluster"],
          "responses":{
            "200":{
              "description":"As every member says that can be asked.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/ClusterKeys"}}}
            },
            "409":{"$ref":"#/components/responses/KeysRefused"},
            "503":{"$ref":"#/components/responses/Unavailable"}
          }
        },
        "post":{
          "operationId":"post_keys",
          "summary":"installs, uses or removes a gossip key on every member; `ignareo keys` makes the order",
          "description":"What would lose a member, a dead one that may come back too, is refused beforehand.",
          "tags":["cluster"],
          "requestBody":{"required":true,"content":{"application/json":{"schema":{
            "type":"object","required":["sealed"],
            "properties":{"sealed":{
              "type":"string","contentEncoding":"base64",
              "description":"the order, encrypted with a gossip key that this member holds; works once"
            }}
          }}}},
          "responses":{
            "200":{
              "description":"How it went with each member; `ok` is false when one failed.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/ClusterKeys"}}}
            },
            "400":{"$ref":"#/components/responses/BadRequest"},
            "403":{"$ref":"#/components/responses/KeysRefused"},
            "409":{"$ref":"#/components/responses/KeysRefused"},
            "503":{"$ref":"#/components/responses/Unavailable"}
          }
        }
      }
    },
    "responses":{
      "KeysRefused":{
        "description":"Nothing was changed; `detail` says why and what to do.",
        "content":{"application/problem+json":{"schema":{"$ref":"#/components/schemas/Problem"}}}
      }
    },
    "schemas":{
      "ClusterKeys":{
        "type":"object",
        "required":["ok","keys","members"],
        "properties":{
          "ok":{"type":"boolean","description":"nobody who was asked failed"},
          "keys":{"type":"array","items":{
            "type":"object",
            "required":["fingerprint","members","primary_on"],
            "properties":{
              "fingerprint":{"type":"string","pattern":"^[0-9a-f]{16}$"},
              "members":{"type":"integer","minimum":0,"description":"how many hold it"},
              "primary_on":{"type":"integer","minimum":0,"description":"how many encrypt with it"}
            }
          }},
          "members":{"type":"array","items":{
            "type":"object",
            "required":["name","state","outcome"],
            "properties":{
              "name":{"type":"string"},
              "state":{"$ref":"#/components/schemas/MemberState"},
              "outcome":{"enum":["done","failed","not_asked"]},
              "detail":{"type":"string","description":"why it failed or was not asked"},
              "primary":{"type":"string","description":"the fingerprint of the key that it encrypts with"},
              "keys":{"type":"array","items":{"type":"string"},"description":"fingerprints, the primary's first"}
            }
          }},
          "challenge":{"type":"string","description":"for one order to this member within a minute, in base64"}
        }
      }
    }}
    """#
}
