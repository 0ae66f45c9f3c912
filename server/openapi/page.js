// no validatorUrl: the default one is on another host
SwaggerUIBundle({ dom_id: "#api", url: "openapi.json", deepLinking: true, docExpansion: "list", validatorUrl: null });
