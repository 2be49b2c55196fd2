# What R's metafor says about the tables of tables.json: run once, the answer is reference.json.
#   apt-get install r-cran-metafor r-cran-jsonlite
#   Rscript tests/unit/evidence/metafor/reference.R
# The tests read the stored answer; nothing at run time needs R.
suppressMessages(library(metafor))
library(jsonlite)
args <- commandArgs(trailingOnly = FALSE)
here <- dirname(sub("--file=", "", args[grep("--file=", args)]))
tables <- fromJSON(file.path(here, "tables.json"), simplifyDataFrame = TRUE)
tight <- list(threshold = 1e-12, tol = 1e-14, maxiter = 10000)
num <- function(x) unname(as.numeric(x))

summarise <- function(res) {
  out <- list(
    k = res$k, estimate = num(res$beta), se = num(res$se), low = num(res$ci.lb), high = num(res$ci.ub),
    p = num(res$pval), tau2 = num(res$tau2), I2 = num(res$I2), H2 = num(res$H2), Q = num(res$QE), Qp = num(res$QEp),
    weights = num(weights(res)))
  if (res$method != "FE" && res$k >= 3) {
    pr <- predict(res, pi.type = "riley")
    out$pi_low <- num(pr$pi.lb); out$pi_high <- num(pr$pi.ub)
  }
  out
}

answers <- list(); calls <- c()
add <- function(name, call) {
  answers[[name]] <<- summarise(eval(parse(text = call)))
  answers[[name]]$call <<- call
}

zero <- c("all", "only-zero", "if-any")
to <- c("all", "only0", "if0all")
for (t in names(tables$counts)) {
  d <- tables$counts[[t]]
  for (m in c("OR", "RR", "RD")) for (z in seq_along(zero)) {
    es <- sprintf('escalc("%s", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=d, add=1/2, to="%s")', m, to[z])
    e <- eval(parse(text = es))
    answers[[paste("escalc", t, m, zero[z], sep = "/")]] <- list(yi = num(e$yi), vi = num(e$vi), call = es)
    for (method in c("FE", "DL", "PM", "REML")) for (test in c("z", "knha", "adhoc")) {
      if (method == "FE" && test != "z") next
      if (z != 1 && method != "REML") next
      add(paste("pool", t, m, zero[z], method, test, sep = "/"),
          sprintf('rma(yi, vi, data=%s, method="%s", test="%s", control=tight)', es, method, test))
    }
  }
  es <- 'escalc("OR", ai=ai, n1i=n1i, ci=ci, n2i=n2i, data=d, add=1/2, to="all")'
  e <- eval(parse(text = es))
  res <- rma(yi, vi, data = e, method = "REML", control = tight)
  l1o <- leave1out(res)
  answers[[paste("leave1out", t, sep = "/")]] <- list(estimate = num(l1o$estimate), se = num(l1o$se),
    tau2 = num(l1o$tau2), call = sprintf('leave1out(rma(yi, vi, data=%s, method="REML", control=tight))', es))
  if (nrow(d) >= 3) {
    r <- regtest(e$yi, e$vi, model = "lm", predictor = "sei")
    answers[[paste("egger", t, sep = "/")]] <- list(slope = num(coef(summary(r$fit))[2, 1]),
      se = num(coef(summary(r$fit))[2, 2]), t = num(r$zval), df = r$dfs, p = num(r$pval), limit = num(r$est),
      call = sprintf('regtest(yi, vi, model="lm", predictor="sei", data=%s)', es))
  }
}
for (t in names(tables$means)) {
  d <- tables$means[[t]]
  for (m in c("MD", "SMD")) {
    es <- sprintf('escalc("%s", m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i, data=d)', m)
    e <- eval(parse(text = es))
    answers[[paste("escalc", t, m, sep = "/")]] <- list(yi = num(e$yi), vi = num(e$vi), call = es)
    for (method in c("FE", "DL", "PM", "REML"))
      add(paste("pool", t, m, method, "z", sep = "/"),
          sprintf('rma(yi, vi, data=%s, method="%s", test="z", control=tight)', es, method))
  }
}
# Crossover: the full paired table, so that its margins and phi can be given to the engine.
for (i in seq_len(nrow(tables$paired))) {
  d <- tables$paired[i, ]
  for (m in c("MPOR", "MPRR", "MPRD")) {
    call <- sprintf('escalc("%s", ai=%d, bi=%d, ci=%d, di=%d)', m, d$a, d$b, d$c, d$d)
    e <- eval(parse(text = call))
    answers[[paste("paired", d$study, m, sep = "/")]] <- list(yi = num(e$yi), vi = num(e$vi), call = call)
  }
}
# Network: contrasts with the covariance of shared controls; common tau2 by REML, and fixed.
n <- tables$network
V <- vcalc_free <- diag(n$vi)
for (i in seq_len(nrow(n))) for (j in seq_len(nrow(n)))
  if (i != j && n$study[i] == n$study[j]) V[i, j] <- n$vbase[i]
X <- sapply(tables$treatments, function(tr) (n$treated == tr) - (n$control == tr))
n$obs <- seq_len(nrow(n))
fe <- rma.mv(n$yi, V, mods = X, intercept = FALSE, method = "FE")
answers[["network/FE"]] <- list(estimate = num(fe$beta), se = num(fe$se), tau2 = 0, QE = num(fe$QE),
  call = 'rma.mv(yi, V, mods=X, intercept=FALSE, method="FE")')
n$contrast <- ave(n$study, n$study, FUN = seq_along)
re <- rma.mv(n$yi, V, mods = X, intercept = FALSE, method = "REML", random = ~ contrast | study, rho = 1/2,
  struct = "CS", data = n, control = list(rel.tol = 1e-10, iter.max = 1000, eval.max = 2000))
answers[["network/REML"]] <- list(estimate = num(re$beta), se = num(re$se), tau2 = num(re$tau2),
  call = 'rma.mv(yi, V, mods=X, intercept=FALSE, method="REML", random=~contrast|study, rho=1/2, struct="CS", data=network)')

out <- list(r = R.version.string, metafor = as.character(packageVersion("metafor")),
  package = "Debian r-cran-metafor", answers = answers)
writeLines(toJSON(out, auto_unbox = TRUE, digits = 12, pretty = TRUE), file.path(here, "reference.json"))
