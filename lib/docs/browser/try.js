/* global SwaggerUIBundle */

/** Swagger UI asks for the value of a cookie. Ours nobody can read, and the browser sends it by itself. */
function cookieChoice() {
  return {
    wrapComponents: {
      apiKeyAuth: (Original, { React }) => {
        const { createElement, useEffect } = React

        function CookieChoice({ name, schema, authorized, onChange }) {
          const isChosen = Boolean(authorized?.get(name))
          useEffect(() => {
            if (!isChosen) onChange({ name, schema, value: 'sent by the browser' })
          }, [isChosen, name, schema, onChange])
          return createElement(
            'div',
            null,
            createElement('h4', null, createElement('code', null, name), ' (session cookie)'),
            createElement(
              'p',
              null,
              'Sign in with "transport": "cookie" first: the browser keeps the cookie.',
            ),
            createElement(
              'p',
              null,
              isChosen ? 'Chosen: no token is sent.' : 'Choose it here to leave a token out of the requests.',
            ),
          )
        }

        return (props) => createElement(props.schema.get('in') === 'cookie' ? CookieChoice : Original, props)
      },
    },
  }
}

/** With the cookie chosen, a token that was given too would hide it. */
function withChosenCredential(request) {
  if (request.headers?.Cookie !== undefined) {
    delete request.headers.Cookie
    delete request.headers.Authorization
  }
  request.credentials = 'same-origin'
  return request
}

SwaggerUIBundle({
  url: '/openapi.json',
  domNode: document.querySelector('#operations'),
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [cookieChoice],
  layout: 'BaseLayout',
  // It would send the document to a host of its makers.
  validatorUrl: null,
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  defaultModelsExpandDepth: 0,
  requestInterceptor: withChosenCredential,
})
