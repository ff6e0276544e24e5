extension CoordinatorDescription {
  /// `/pools`: items from several sources, of which batches with a template make their tasks.
  static let poolsSection = #"""
    {"paths":{
      "/pools":{"get":{
        "operationId":"get_pools",
        "summary":"the pools, by name",
        "tags":["pools"],
        "parameters":[
          {"$ref":"#/components/parameters/listed"},
          {
            "name":"after","in":"query","description":"the `next` of the page before",
            "schema":{"$ref":"#/components/schemas/PoolName"}
          }
        ],
        "responses":{"200":{
          "description":"A page of them.",
          "content":{"application/json":{"schema":{
            "type":"object",
            "required":["pools"],
            "properties":{
              "pools":{"type":"array","maxItems":1000,"items":{"$ref":"#/components/schemas/Pool"}},
              "next":{"$ref":"#/components/schemas/PoolName","description":"the following page's `after`"}
            }
          }}}
        }}
      }},
      "/pools/{name}":{
        "parameters":[
          {
            "name":"name","in":"path","required":true,"description":"the pool's",
            "schema":{"$ref":"#/components/schemas/PoolName"}
          }
        ],
        "get":{
          "operationId":"get_pool",
          "summary":"what is in a pool, and who takes from it",
          "tags":["pools"],
          "responses":{
            "200":{
              "description":"The pool as it stands.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Pool"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"}
          }
        },
        "delete":{
          "operationId":"delete_pool",
          "summary":"deletes a pool that no batch takes from, with its items",
          "tags":["pools"],
          "responses":{
            "204":{"description":"It is gone."},
            "404":{"$ref":"#/components/responses/NotFound"},
            "409":{"$ref":"#/components/responses/Conflict"}
          }
        }
      },
      "/pools/{name}/items":{
        "parameters":[
          {
            "name":"name","in":"path","required":true,"description":"the pool's",
            "schema":{"$ref":"#/components/schemas/PoolName"}
          }
        ],
        "post":{
          "operationId":"post_pool_items",
          "summary":"brings a pool items; the first ones make it",
          "description":"Any JSON values, from any number of sources; each call is kept whole, or nothing of it. \#
    `application/ndjson` and `application/jsonl` are taken too.",
          "tags":["pools"],
          "parameters":[
            {
              "name":"reuse","in":"query",
              "description":"each item may be held by so many tasks at a time and is put back; else it is used once. \#
    The pool's first items decide",
              "schema":{"type":"integer","minimum":1,"maximum":60000}
            },
            {"$ref":"#/components/parameters/IdempotencyKey"},
            {"$ref":"#/components/parameters/ContentEncoding"}
          ],
          "requestBody":{
            "required":true,
            "content":{
              "application/json":{
                "schema":{"type":"array","minItems":1},
                "example":[{"user":"u1"},{"user":"u2"}]
              },
              "application/x-ndjson":{
                "schema":{"type":"string","description":"an item a line"},
                "x-line":true,
                "example":"{\"user\":\"u1\"}\n{\"user\":\"u2\"}\n"
              }
            }
          },
          "responses":{
            "200":{
              "description":"The same call with this `Idempotency-Key` was kept before.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Pool"}}}
            },
            "202":{
              "description":"They are safe on disk.",
              "headers":{"Location":{"$ref":"#/components/headers/Location"}},
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Pool"}}}
            },
            "400":{"$ref":"#/components/responses/Faults"},
            "409":{"$ref":"#/components/responses/Conflict"},
            "413":{"$ref":"#/components/responses/TooLarge"},
            "415":{"$ref":"#/components/responses/UnsupportedMediaType"},
            "422":{"$ref":"#/components/responses/KeyReused"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          }
        }
      },
      "/pools/{name}/close":{
        "parameters":[
          {
            "name":"name","in":"path","required":true,"description":"the pool's",
            "schema":{"$ref":"#/components/schemas/PoolName"}
          }
        ],
        "post":{
          "operationId":"post_pool_close",
          "summary":"closes a pool: batches that take from it end once it is empty",
          "tags":["pools"],
          "responses":{
            "200":{
              "description":"It is closed; one that was closed before stays as it is.",
              "content":{"application/json":{"schema":{"$ref":"#/components/schemas/Pool"}}}
            },
            "404":{"$ref":"#/components/responses/NotFound"},
            "507":{"$ref":"#/components/responses/NoSpace"}
          }
        }
      }
    },
    "schemas":{
      "PoolName":{"type":"string","pattern":"^[A-Za-z_][A-Za-z0-9_-]{0,63}$"},
      "Pool":{
        "description":"Where each item is used once: `items = free + leased + used + failed`. Where items are put \#
    back, `leased` counts the tasks that hold one.",
        "type":"object",
        "required":[
          "name","state","items","free","leased","used","returned","failed","bytes","created_at","batches"
        ],
        "properties":{
          "name":{"$ref":"#/components/schemas/PoolName"},
          "state":{"enum":["open","closed"]},
          "reuse":{"type":"integer","minimum":1,"description":"how many tasks at a time may hold an item"},
          "items":{"type":"integer","minimum":0,"description":"that were ever brought"},
          "free":{"type":"integer","minimum":0},
          "leased":{"type":"integer","minimum":0,"description":"that tasks hold"},
          "used":{"type":"integer","minimum":0,"description":"for good"},
          "returned":{"type":"integer","minimum":0,"description":"that came back from tasks"},
          "failed":{"type":"integer","minimum":0,"description":"given up: no task came to anything with them"},
          "bytes":{"type":"integer","minimum":0,"description":"on disk"},
          "damaged":{"const":true},
          "damage":{"type":"string","description":"what of it the disk has lost"},
          "created_at":{"type":"string","format":"date-time"},
          "batches":{
            "type":"array","items":{"$ref":"#/components/schemas/Identifier"},"description":"that take from it"
          }
        },
        "examples":[{
          "name":"page","state":"open","items":3,"free":1,"leased":1,"used":1,"returned":0,"failed":0,"bytes":211,
          "created_at":"2026-01-01T00:00:00.000Z","batches":["0197a000-0000-7000-8000-000000000000"]
        }]
      }
    }}
    """#
}
