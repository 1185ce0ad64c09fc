package web

import (
	"embed"
	"net/http"

	"github.com/gin-gonic/gin"
)

//go:embed page
var page embed.FS

// addPage serves the page that says where things are. It knows nothing of the deployment, so it
// needs no token.
func addPage(g *gin.RouterGroup) {
	serve := func(name, contentType string) gin.HandlerFunc {
		body, err := page.ReadFile("page/" + name)
		if err != nil {
			panic(err) // it is embedded
		}
		return func(c *gin.Context) { c.Data(http.StatusOK, contentType, body) }
	}
	index := serve("index.html", "text/html; charset=utf-8")
	g.GET("/", index)
	g.GET("/ui", index)
	g.GET("/ui/page.css", serve("page.css", "text/css; charset=utf-8"))
}
