#!/bin/sh
# Runs a few steps of every stage on tiny sizes: proves that the stages fit together, not that they learn.
# Usage: [PYTHON=python3] smoke.sh [WORDS], a list of English words, one a line. Takes about two minutes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
words=${1:-/usr/share/dict/american-english-small}
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export OPENBLAS_NUM_THREADS=1

cd "$here/render"
node --import tsx generate.ts "$data/train" --count 200 --shard 100
node --import tsx generate.ts "$data/judge" --count 200 --shard 100 --vocabulary everything
node --import tsx examples.ts "$data/examples"

cd "$here/train"
python() { "${PYTHON:-python3}" "$@"; }
python train_tokenizer.py "$data/tokenizer" --data "$data/train" --words "$words" --size 1024
python train_autoencoder.py "$data/vae" --data "$data/train" --test "$data/train" --steps 4 --batch 1
python latents.py "$data/latents.npz" --data "$data/train" --autoencoder "$data/vae"
python train_evaluators.py "$data/evaluators" --data "$data/judge" --steps 3
denoise() {
  python train_denoiser.py "$data/base" --data "$data/train" --latents "$data/latents.npz" \
    --tokenizer "$data/tokenizer" --words "$words" --batch 2 --widths 32 32 --steps "$1"
}
denoise 3
denoise 6
python samples.py "$data/base" --data "$data/train" --autoencoder "$data/vae" --tokenizer "$data/tokenizer" \
  --sheet "$data/sheet.png" --evaluators "$data/evaluators/attributes" --count 4 --steps 2
python export.py "$data/model" --run "$data/base" --autoencoder "$data/vae" --data "$data/train" \
  --tokenizer "$data/tokenizer"
python teach.py "$data/model" "$data/examples/aurora" --classifier "$data/evaluators/attributes" \
  --segmenter "$data/evaluators/segmenter" --sheet "$data/taught.png" --steps 3
echo "smoke: every stage ran"
