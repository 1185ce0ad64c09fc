package web

import (
	"embed"
	"io/fs"
	"net/http"

	"github.com/gin-gonic/gin"
)

// page is what a binary shows that was built without the browser side.
//
//go:embed page
var page embed.FS

// dist holds the browser side, which tools/ui builds into ui/dist/app. The directory is there in
// every checkout, with nothing but a README, so that the program builds without Node.
//
//go:embed all:ui/dist
var dist embed.FS

// builtUI is the browser side; nil if this binary has none.
func builtUI() fs.FS {
	app, err := fs.Sub(dist, "ui/dist/app")
	if err != nil {
		panic(err) // the name is valid
	}
	if _, err := fs.Stat(app, "index.html"); err != nil {
		return nil
	}
	return app
}

// addPage serves the browser side under /ui, or, where app is nil, a page that says where things
// are and how to get it. Neither holds anything of the deployment, so neither needs a token.
func addPage(g *gin.RouterGroup, app fs.FS) {
	toUI := func(c *gin.Context) { c.Redirect(http.StatusTemporaryRedirect, "/ui/") }
	g.GET("/", toUI)
	g.GET("/ui", toUI)
	serve := plain
	if app != nil {
		serve = newBrowserSide(app).serve
	}
	g.GET("/ui/*file", func(c *gin.Context) {
		if c.Param("file") == "/page.css" {
			sendPage(c, "page.css", "text/css; charset=utf-8")
			return
		}
		serve(c)
	})
}

// plain answers every path with the one page there is.
func plain(c *gin.Context) { sendPage(c, "index.html", "text/html; charset=utf-8") }

func sendPage(c *gin.Context, name, contentType string) {
	body, err := page.ReadFile("page/" + name)
	if err != nil {
		panic(err) // it is embedded
	}
	c.Data(http.StatusOK, contentType, body)
}
