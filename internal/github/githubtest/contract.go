package githubtest

import (
	"bytes"
	_ "embed"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

//go:embed testdata/openapi.json
var description []byte

// router is made once: it takes half a second.
var router = sync.OnceValues(func() (routers.Router, error) {
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		return nil, err
	}
	doc.Servers = openapi3.Servers{{URL: "https://api.github.com"}} // routes are matched by host
	return gorillamux.NewRouter(doc)
})

// contract checks every exchange against openapi.json, so that the stand-in cannot drift from GitHub. GraphQL, and
// answers that a [Fault] gives, are not in that description.
type contract struct {
	fail func(format string, args ...any)
}

func newContract(fail func(string, ...any)) *contract { return &contract{fail} }

func (c *contract) check(r *http.Request, body []byte, a answer, out []byte) {
	routes, err := router()
	if err != nil {
		c.fail("openapi.json: %v", err)
		return
	}
	name := fmt.Sprintf("%s %s", r.Method, r.URL)
	v := r.Clone(r.Context())
	v.URL = &url.URL{Scheme: "https", Host: "api.github.com", Path: r.URL.Path, RawQuery: r.URL.RawQuery}
	v.Host = v.URL.Host
	v.Body = io.NopCloser(bytes.NewReader(body))
	route, params, err := routes.FindRoute(v)
	if err != nil {
		c.fail("%s: not in openapi.json: %v", name, err)
		return
	}
	in := &openapi3filter.RequestValidationInput{Request: v, PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil && a.status < 400 {
		c.fail("%s: request: %v\n%s", name, err, body)
	}
	if a.status == http.StatusUnauthorized || route.Operation.Responses.Status(a.status) == nil && a.status >= 400 {
		return // 401, and limits that the description leaves out
	}
	header := http.Header{"Content-Type": {"application/json; charset=utf-8"}}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: header, Body: io.NopCloser(bytes.NewReader(out)),
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true}})
	if err != nil {
		c.fail("%s: response %d: %v", name, a.status, err)
	}
}
