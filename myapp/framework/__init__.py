"""The one adapter around Atila 0.11.9 and Skitai 0.39.1: what routes are written in, made safe.

What a service imports:

    operation   operation("createBuild", permission), page(permission), WEBHOOK_LIMIT
    call        Call: path_parameters, query, headers, body, cookies, account, valid, form ...
    answers     answer, text, html, redirect, no_content, cookie, Answer
    github_call github(was, request) -> (status, headers, body); GitHubCall for was.Tasks
    subprocess  run_command(was, argv, env, output_file, timeout, cwd)
    tasks       settle(was, **tasks): members that fail do not take the others with them
    waiter      Sleep, Watchers: waiting without a thread
    sse         event_stream: server-sent events
    templates   render(was, name, **context)
    errors      how typed errors become HTTP

What holds it up: compat (imports the set), guard, settled and wakeup (coroutines), application,
routing and server (the web side), client (the stub side), maintain (timers), background (what goes
on after an answer), files (static), launch and process (serve.py), watchdog (a loop that stands
still).

After any `yield` a handler is on the event loop: whatever blocks goes through
`yield was.Thread(verb, args=(...))`. docs/framework.md has the fault behind every fix.
"""
