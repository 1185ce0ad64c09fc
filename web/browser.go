package web

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

// nonceMark stands in the built index.html where the nonce goes, which is another in every answer.
const nonceMark = "MUSTER-NONCE"

// uiPolicy is the Content-Security-Policy of the browser side. Scripts come from files alone;
// styles from files and from elements with the nonce; texts become markup only through the one
// Trusted Types policy "default", which lets no "<" through (web/ui/src/trusted.ts).
const uiPolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-" + nonceMark + "'; " +
	"img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; " +
	"frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types default"

// browserSide serves the files of the built UI.
type browserSide struct {
	index  string
	assets map[string]asset
}

// asset is a file of the build.
type asset struct {
	contentType  string
	body, zipped []byte // zipped is nil where that saves nothing
}

// newBrowserSide reads and compresses the files once. app is part of the program, so what is
// wrong with it is a mistake of the build.
func newBrowserSide(app fs.FS) *browserSide {
	b := &browserSide{assets: map[string]asset{}}
	err := fs.WalkDir(app, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		body, err := fs.ReadFile(app, name)
		if err != nil {
			return err
		}
		if name == "index.html" {
			b.index = string(body)
			return nil
		}
		b.assets["/"+name] = newAsset(name, body)
		return nil
	})
	if err != nil {
		panic(err)
	}
	return b
}

func newAsset(name string, body []byte) asset {
	a := asset{contentType: mime.TypeByExtension(path.Ext(name)), body: body}
	if a.contentType == "" {
		a.contentType = "application/octet-stream"
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, _ = w.Write(body) // into memory
	_ = w.Close()
	if zipped.Len() < len(body) {
		a.zipped = zipped.Bytes()
	}
	return a
}

// serve answers with the file, or with the page for every path that is no file: which page it is
// to show, the page itself knows. A file that is missing is missing, not a page.
func (b *browserSide) serve(c *gin.Context) {
	file := c.Param("file")
	if a, ok := b.assets[file]; ok {
		a.send(c, strings.HasPrefix(file, "/assets/"))
		return
	}
	if strings.HasPrefix(file, "/assets/") {
		writeProblem(c, &Problem{Status: http.StatusNotFound, Code: "notFound",
			Detail: "This file belongs to another version of Muster. Load the page again."})
		return
	}
	nonce := rand.Text()
	c.Header("Content-Security-Policy", strings.ReplaceAll(uiPolicy, nonceMark, nonce))
	c.Data(http.StatusOK, "text/html; charset=utf-8", []byte(strings.ReplaceAll(b.index, nonceMark, nonce)))
}

// send answers with the file. The names of some hold a hash of what is in them, so those may be
// kept for ever.
func (a asset) send(c *gin.Context, hashed bool) {
	if hashed {
		c.Header("Cache-Control", "public, max-age=31536000, immutable")
	}
	c.Header("Vary", "Accept-Encoding")
	if a.zipped != nil && strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
		c.Header("Content-Encoding", "gzip")
		c.Data(http.StatusOK, a.contentType, a.zipped)
		return
	}
	c.Data(http.StatusOK, a.contentType, a.body)
}
